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

# rounds_of FILE SCRIPT SECONDS [OPTION...]: rounds with the log off and batched by turns; mode, transactions a second,
# decisions queued a second. What a round leaves is written before the next begins.
rounds_of() {
  local file=$1 script=$2 seconds=$3 round mode before after tps
  shift 3
  for round in $(seq "$rounds"); do
    for mode in off batched; do
      psql -c "SELECT router_flush()" >/dev/null
      before=$(queued)
      tps=$(PGOPTIONS="-c router.decision_log=$mode" pgbench -c "$clients" -j "$clients" -T "$seconds" "$@" -f "$script" 2>/dev/null | awk '/^tps/ { print $3 }')
      after=$(queued)
      printf '%s\t%s\t%s\n' "$mode" "$tps" "$(awk "BEGIN { print ($after - $before) / $seconds }")"
    done
  done >"$file"
}
queued() { psql -c "SELECT router_metrics()" | awk '$1 == "router_records_queued_total" { print $2 }'; }
rate() { awk -v mode="$2" '$1 == mode { print $2 }' "$1" | median | xargs printf '%.0f a second'; }
kept() { awk '$1 == "off" { off = $2 } $1 == "batched" { print $2 / off }' "$1" | median | xargs printf '%.3f'; }

# The same question over and over, by as many clients as CLIENTS says (2), as fast as they can: how much the callers are
# slowed, and how many decisions arrive.
rounds_of "$work/callers.tsv" "$work/route.sql" 4
row "the same question by $clients client(s), log off" "$(rate "$work/callers.tsv" off)"
row "with the log batched" "$(rate "$work/callers.tsv" batched)"
row "ratio of the two, by rounds" "$(kept "$work/callers.tsv")"
row "decisions queued meanwhile" "$(awk '$1 == "batched" { print $3 }' "$work/callers.tsv" | median | xargs printf '%.0f a second')"

# Processor time of the asking session itself, as the kernel counts it: what else runs on the machine changes it little.
{
  printf '%s\n' 'SELECT pg_backend_pid() AS pid \gset' '\setenv BACKEND :pid'
  for round in $(seq "$((4 * rounds))"); do
    for mode in off batched; do
      printf '%s\n' "SET router.decision_log = $mode;" "\\! echo $mode \$(cut -d' ' -f1 /proc/\$BACKEND/schedstat)" \
        "DO \$\$ BEGIN FOR i IN 1 .. 20000 LOOP PERFORM router_route('$asked', '$context'); END LOOP; END \$\$;" \
        "\\! echo end \$(cut -d' ' -f1 /proc/\$BACKEND/schedstat)"
    done
  done
} >"$work/own.sql"
psql -f "$work/own.sql" | awk '/^(off|batched) / { mode = $1; was = $2 } /^end / { print mode "\t" ($2 - was) / 2e7 }' >"$work/own.tsv"
own() { awk -v mode="$1" '$1 == mode { print $2 }' "$work/own.tsv" | median | xargs printf '%.2f'; }
row "processor time of a session for the question within the server, log off and batched" "$(own off) and $(own batched) µs"

# Callers that do something of their own besides, so much that with all processors full they ask about 21,000 a second
# without the log: the worker takes its time from them, as at any rate, and has as much to write as was asked for.
with_work() { printf "SELECT router_route('%s', '%s'), (SELECT count(*) FROM generate_series(1, %s));\n" "$asked" "$context" "$1" >"$work/with_work.sql"; }
trial() { with_work "$1" && PGOPTIONS="-c router.decision_log=off" pgbench -c "$clients" -j "$clients" -T 2 -f "$work/with_work.sql" 2>/dev/null | awk '/^tps/ { print $3 }'; }
few=$(trial 100) many=$(trial 1000)
with_work "$(awk "BEGIN { each = (1 / $many - 1 / $few) / 900; n = 100 + (1 / 21000 - 1 / $few) / each; printf \"%d\", n < 1 ? 1 : n }")"
rounds_of "$work/at_rate.tsv" "$work/with_work.sql" 4
row "the question and work of the caller's own, $clients client(s), all processors full, log off" "$(rate "$work/at_rate.tsv" off)"
row "with the log batched, all of them queued" "$(rate "$work/at_rate.tsv" batched)"
row "ratio of the two, by rounds" "$(kept "$work/at_rate.tsv")"

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
