#!/usr/bin/env bash
# Measures the background worker, with pgbench against endpoints on this machine (pg_test/bench/endpoint.py), in a
# cluster of its own with the release build: what it adds to an endpoint's time at 100 requests in flight, calls a
# second, local answers while endpoints hang, 24,000 questions with 30 % injected faults.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
scripts/setup.sh
scripts/build.sh
use_private_server
scripts/install.sh
export ROUTER_CLUSTER=faults
scripts/cluster.sh remove
scripts/cluster.sh start
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"; scripts/cluster.sh remove' EXIT
admin=$(scripts/cluster.sh dsn postgres)
dsn=$(scripts/cluster.sh dsn bench)
psql() { "$BINDIR/psql" -X -q -At -v ON_ERROR_STOP=1 "$@"; }
psql "$admin" -c "ALTER SYSTEM SET max_connections = 300" -c "CREATE DATABASE bench"
scripts/cluster.sh restart
psql "$dsn" -f pg_test/bench/worker.sql >/dev/null
port=9100
for how in 0.1 1 0 hang mixed; do
  python3 pg_test/bench/endpoint.py "$port" "$how" &
  port=$((port + 1))
done
sleep 1
use() { psql "$dsn" -c "UPDATE router.agents SET base_url = 'http://127.0.0.1:$1/v1'"; }
worker() { psql "$dsn" -c "SELECT pid FROM router_worker()"; }
memory() { printf '%s: %s kB of its own\n' "$1" "$(awk '/RssAnon/ { print $2 }' "/proc/$(worker)/status")"; }

# measure LABEL STATEMENT PGBENCH-OPTION...: rate and quantiles of the statement's time.
measure() {
  local label=$1 statement=$2; shift 2
  printf '%s\n' "$statement" >"$work/statement.sql"
  rm -f "$work"/log*
  printf '%s: ' "$label"
  "$BINDIR/pgbench" -n -M prepared -j 2 -l --log-prefix="$work/log" -f "$work/statement.sql" "$@" "$dsn" 2>/dev/null |
    sed -n 's/^tps = \([0-9.]*\).*/\1 a second, /p' | tr -d '\n'
  awk '{ print $3 / 1000 }' "$work"/log* | sort -g | awk '{ t[NR] = $1 } END {
    printf "n %d, p50 %.2f, p99 %.2f, highest %.2f ms\n", NR, t[int(NR * 0.5) + 1], t[int(NR * 0.99) + 1], t[NR] }'
}

call="SELECT router_remote_embedding('total sales by region')"
use 9100; measure '100 in flight, endpoint takes 100 ms' "$call" -c 100 -T 12
use 9101; measure '100 in flight, endpoint takes 1 s' "$call" -c 100 -T 10
use 9102
for callers in 1 16 64; do measure "$callers callers, endpoint answers at once" "$call" -c "$callers" -T 8; done

local_answer="SELECT router_route('total sales by region')"
unclear="how did takings split geographically"
use 9103
for round in 1 2 3; do
  measure "local answers, round $round" "$local_answer" -c 1 -T 5
  printf "SET router.llm = 'primary';\nSET router.llm_timeout = '60s';\nSELECT router_route('%s');\n" "$unclear" >"$work/hang.sql"
  "$BINDIR/pgbench" -n -c 64 -j 2 -t 1 -f "$work/hang.sql" "$dsn" >/dev/null 2>&1 &
  hanging=$!
  sleep 2
  measure "the same while $(psql "$dsn" -c 'SELECT taken FROM router_slots()') callers hang" "$local_answer" -c 1 -T 5
  psql "$dsn" -c "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%$unclear%' AND pid <> pg_backend_pid()" >/dev/null
  wait "$hanging" || true
done

use 9104
psql "$dsn" -c "ALTER DATABASE bench SET router.llm = 'primary'" -c "ALTER DATABASE bench SET router.llm_timeout = '1500ms'" \
  -c "DELETE FROM router.llm_usage" -c "DELETE FROM router.routing_decisions"
question="SELECT router_route('$unclear') ->> 'status'"
measure 'faults, the first fifth' "$question" -c 48 -t 100
memory 'worker after it'
measure 'faults, the rest' "$question" -c 48 -t 400
sleep 6
memory 'worker at the end'
psql "$dsn" -c "SELECT 'slots taken: ' || taken FROM router_slots()" \
  -c "SELECT 'requests under way: ' || sum(in_flight) FROM router_endpoints()" \
  -c "SELECT 'worker starts: ' || starts FROM router_worker()" \
  -c "SELECT 'calls, failures, attempts on record: ' || concat_ws(', ', sum(calls), sum(failures), sum(attempts)) FROM router.llm_usage" \
  -c "SELECT 'decisions, with success: ' || concat_ws(', ', count(*), count(*) FILTER (WHERE success)) FROM router.routing_decisions"
printf 'requests that reached the endpoint: %s\n' "$(curl -s "http://127.0.0.1:9104/count")"
