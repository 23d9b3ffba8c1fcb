#!/usr/bin/env bash
# Measures the model router in a scratch database: scripts/bench-routing.sh [DECISIONS]
#
# First the calls of every request, with 10,000 assignments, and the optimal assignment of 500 agents and models; then
# recommendations beside 100,000 recorded prompts; then the views over a generated history of that many decisions
# (default ten million: some minutes and eight gigabytes).
# Throughput against plain SQL is measured by `make eval KIT=modelrouting`.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
decisions=${1:-10000000}
scripts/up.sh
use_private_server
psql() { "$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn "$database")" "$@"; }

for part in calls prompts history; do
  database=postgres psql -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS bench_routing WITH (FORCE)' \
    -c 'CREATE DATABASE bench_routing TEMPLATE template0'
  say "Measuring: $part"
  database=bench_routing psql -v decisions="$decisions" -f "pg_test/bench/routing_$part.sql"
done
database=postgres psql -c 'DROP DATABASE bench_routing WITH (FORCE)'
