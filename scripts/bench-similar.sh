#!/usr/bin/env bash
# Measures similar questions at scale in the private cluster:
#   scripts/bench-similar.sh [QUESTIONS]            all of it (1,000,000), then the database is dropped
#   scripts/bench-similar.sh load [QUESTIONS]       makes the database bench_similar (minutes), and leaves it
#   scripts/bench-similar.sh match|recall           measures in it
#   scripts/bench-similar.sh teach [QUESTIONS]      teaches so many more (2,000): by one session, by two at once, in bulk
#   scripts/bench-similar.sh drop                   drops it
#
# From load to drop the server has a quarter of the machine's memory as shared buffers, as a server of its size would.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
use_private_server
psql() { "$BINDIR/psql" -X -q -At -F $'\t' -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn "$1")" "${@:2}"; }
measure() { psql bench_similar "${@:2}" -f "pg_test/bench/similar/$1.sql" | tee -a "$STATE/bench/similar.tsv"; }
mkdir -p "$STATE/bench"

load() {
  local buffers
  buffers=$(($(sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo) / 4096))
  scripts/up.sh
  psql postgres -c "ALTER SYSTEM SET shared_buffers = '${buffers}MB'" \
    -c 'DROP DATABASE IF EXISTS bench_similar WITH (FORCE)' -c 'CREATE DATABASE bench_similar'
  scripts/cluster.sh restart
  psql bench_similar -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION router CASCADE' >/dev/null
  : >"$STATE/bench/similar.tsv"
  measure load -v questions="$1"
}

teach() {
  local first
  first=$(psql bench_similar -c 'SELECT min(i) FROM bench.lesson')
  lesson() { measure "$1" -v label="$2" -v first="$((first + $3 * $4))" -v last="$((first + ($3 + 1) * $4 - 1))"; }
  lesson teach 'router_teach, one session' 0 "$1"
  lesson teach 'router_teach, first of two at once' 1 "$1" &
  lesson teach 'router_teach, second of two at once' 2 "$1"
  wait $!
  lesson bulk bulk 3 "$1"
  # Another run teaches others.
  psql bench_similar -c "DELETE FROM bench.lesson WHERE i < $((first + 4 * $1))"
}

drop() {
  psql postgres -c 'ALTER SYSTEM RESET shared_buffers' -c 'DROP DATABASE IF EXISTS bench_similar WITH (FORCE)'
  scripts/cluster.sh restart
}

case ${1:-1000000} in
  load) load "${2:-1000000}" ;;
  match | recall) measure "$1" ;;
  teach) teach "${2:-2000}" ;;
  drop) drop ;;
  *[!0-9]*) fail "unknown: $1" "see the head of $0" ;;
  *) trap drop EXIT; load "${1:-1000000}"; measure match; measure recall; teach 2000 ;;
esac
