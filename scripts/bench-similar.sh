#!/usr/bin/env bash
# Measures similar questions at scale in the private cluster: scripts/bench-similar.sh [QUESTIONS]     (1,000,000)
#
# Takes about ten minutes on two cores, most of it making questions and building the index. The server gets a quarter
# of the machine's memory as shared buffers meanwhile, as a server of that size would have.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
questions=${1:-1000000}
scripts/up.sh
use_private_server
psql() { "$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn "$1")" "${@:2}"; }

buffers=$(($(sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo) / 4096))
put_back() {
  psql postgres -c 'ALTER SYSTEM RESET shared_buffers' -c 'DROP DATABASE IF EXISTS bench_similar WITH (FORCE)'
  scripts/cluster.sh restart
}
trap put_back EXIT
psql postgres -c "ALTER SYSTEM SET shared_buffers = '${buffers}MB'" -c 'DROP DATABASE IF EXISTS bench_similar WITH (FORCE)' \
  -c 'CREATE DATABASE bench_similar'
scripts/cluster.sh restart
psql bench_similar -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION router CASCADE'
mkdir -p "$STATE/bench"
psql bench_similar -At -F $'\t' -v questions="$questions" -v taught=5000 -f pg_test/bench/similar_questions.sql |
  tee "$STATE/bench/similar.tsv"
