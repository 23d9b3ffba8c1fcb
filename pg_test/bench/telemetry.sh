#!/usr/bin/env bash
# What telemetry costs: pg_test/bench/telemetry.sh [ROUNDS]   (in the private cluster, the Scout data registered)
#
# Prints a table for BENCHMARKS.md. Ratios compare rounds that alternate in the same sessions.
. "$(dirname "$0")/../../scripts/lib.sh"
locate_state
take_lock
rounds=${1:-7} clients=${CLIENTS:-2}
use_private_server
DSN=$(scripts/cluster.sh dsn)
psql() { "$BINDIR/psql" -X -q -At -F $'\t' -v ON_ERROR_STOP=1 "$DSN" "$@"; }
pgbench() { "$BINDIR/pgbench" -n -M prepared "$@" "$DSN"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
row() { printf '| %s | %s |\n' "$1" "$2"; }

asked='Top 5 brands by sales in 2024'
context='{"as_of": "2025-03-15T10:00:00+08:00"}'
printf "SELECT router_route('%s', '%s');\n" "$asked" "$context" >"$work/route.sql"
printf 'SELECT router_health();\n' >"$work/health.sql"

printf '| what | figure |\n|---|---|\n'

# Uncached questions, one session: every prompt is another one. Microseconds a question, log off and on by turns.
psql -v rounds="$rounds" -f pg_test/bench/telemetry.sql >"$work/uncached.tsv"
ratio=$(awk -F '\t' '$1 == "off" { off = $2 } $1 == "batched" { print $2 / off }' "$work/uncached.tsv" | median)
off=$(awk -F '\t' '$1 == "off" { print $2 }' "$work/uncached.tsv" | median)
row "a question never asked before, log off" "$(printf '%.0f µs' "$off")"
row "the same with the log batched, to that" "$(printf '%.3f' "$ratio")"

# The same question over and over, by as many clients as CLIENTS says (2): how much the callers are slowed, and how many decisions arrive.
for round in $(seq "$rounds"); do
  for mode in off batched; do
    before=$(psql -c "SELECT router_metrics()" | awk '$1 == "router_records_queued_total" { print $2 }')
    tps=$(PGOPTIONS="-c router.decision_log=$mode" pgbench -c "$clients" -j "$clients" -T 4 -f "$work/route.sql" 2>/dev/null | awk '/^tps/ { print $3 }')
    after=$(psql -c "SELECT router_metrics()" | awk '$1 == "router_records_queued_total" { print $2 }')
    printf '%s\t%s\t%s\n' "$mode" "$tps" "$(awk "BEGIN { print ($after - $before) / 4 }")"
  done
done >"$work/callers.tsv"
row "the same question by $clients client(s), log off" "$(awk '$1 == "off" { print $2 }' "$work/callers.tsv" | median | xargs printf '%.0f a second')"
row "with the log batched" "$(awk '$1 == "batched" { print $2 }' "$work/callers.tsv" | median | xargs printf '%.0f a second')"
row "ratio of the two, by rounds" "$(awk '$1 == "off" { off = $2 } $1 == "batched" { print $2 / off }' "$work/callers.tsv" | median | xargs printf '%.3f')"
row "decisions queued meanwhile" "$(awk '$1 == "batched" { print $3 }' "$work/callers.tsv" | median | xargs printf '%.0f a second')"

# How fast what waits is written: the queue is filled while the worker is away.
for round in $(seq "$rounds"); do
  psql -c "ALTER SYSTEM SET router.worker = off" -c "SELECT pg_reload_conf()" >/dev/null
  sleep 1
  psql -c "SELECT router_flush()" >/dev/null
  pgbench -c 2 -j 2 -t 5000 -f "$work/route.sql" >/dev/null 2>&1
  psql -c '\timing on' -c 'SELECT router_flush()' |
    awk '/^[0-9]+$/ { n = $1 } /^Time: / { print n / $2 * 1000 }'
done >"$work/flush.tsv"
psql -c "ALTER SYSTEM RESET router.worker" -c "SELECT pg_reload_conf()" >/dev/null
row "decisions written out in batches" "$(median <"$work/flush.tsv" | xargs printf '%.0f a second')"
lost=$(psql -c "SELECT router_metrics()" | awk '/^router_records_lost_total/ { n += $2 } END { print n }')
row "lost in all of this" "$lost"

pgbench -c 1 -t 2000 -l --log-prefix="$work/health" -f "$work/health.sql" >/dev/null 2>&1
row "router_health(), p50 and p99" "$(awk '{ print $3 }' "$work"/health.[0-9]* | sort -n |
  awk '{ v[NR] = $1 } END { printf "%.2f ms, %.2f ms", v[int(NR / 2)] / 1000, v[int(NR * 0.99)] / 1000 }')"
