#!/usr/bin/env bash
# Mixed load for a while, to see that memory stays flat and nothing fails unaccounted: scripts/soak.sh [MINUTES]
#
# Default 20 minutes; RATE=n: so many transactions a second at most, beside other work. Four connections stay (questions
# old and new, rows, teaching, DDL, model routing, bad input), a fifth is made anew each time. Every error that is meant
# to come is caught by the statement that provokes it, so that any ERROR in the server's log is one too many. The report
# goes to .pg/soak and to standard output; the exit status says whether all was well.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
minutes=${1:-20}
[[ $minutes =~ ^[0-9]+([.][0-9]+)?$ ]] || fail "'$minutes' is no number of minutes" "scripts/soak.sh 20"
seconds=$(awk -v m="$minutes" 'BEGIN { print int(m * 60) }')
[ "$seconds" -ge 20 ] && [ "$seconds" -le 86400 ] || fail "a soak takes 20 seconds to a day" "scripts/soak.sh 20"
scripts/up.sh
use_private_server
DSN=$(scripts/cluster.sh dsn)
psql() { "$BINDIR/psql" -X -q -At -v ON_ERROR_STOP=1 "$DSN" "$@"; }
out=$STATE/soak
rm -rf "$out"; mkdir -p "$out"
psql -f pg_test/soak/setup.sql >/dev/null
server_log=$STATE/log/server.log
log_start=$(stat -c %s "$server_log")
S=pg_test/soak
load() { PGAPPNAME=$1 PGOPTIONS=${3:-} "$BINDIR/pgbench" -n -T "$seconds" "${@:4}" "$DSN" >"$out/$2.txt" 2>&1 9>&- & }
load soak steady "" -c 4 -j 2 ${RATE:+-R "$RATE"} -f $S/ask.sql@8 -f $S/known.sql@8 -f $S/query.sql@3 -f $S/teach.sql@1 -f $S/ddl.sql@1 \
  -f $S/models.sql@2 -f $S/faults.sql@1
steady=$!
load soak-churn churn "" -c 1 -C -R 20 -f $S/churn.sql
churn=$!

# Anonymous memory of the steady connections and of the extension's workers, in kB, every 5 s (at least 20 samples).
every=$(( seconds / 20 < 5 ? 1 : 5 ))
: >"$out/memory.tsv"
while kill -0 "$steady" 2>/dev/null; do
  sleep "$every"
  psql -F $'\t' -c "SELECT pid, CASE WHEN application_name = 'soak' THEN 'connection' ELSE 'worker' END FROM pg_stat_activity
    WHERE application_name = 'soak' OR backend_type LIKE 'router%'" 2>/dev/null |
    while IFS=$'\t' read -r pid kind; do
      kb=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
      [ -z "$kb" ] || printf '%s\t%s\t%s\t%s\n' "$SECONDS" "$kind" "$pid" "$kb"
    done >>"$out/memory.tsv" || true
done
status=0
wait "$steady" || status=1
wait "$churn" || status=1

# Each process: the mean of its samples in the second and in the last quarter.
growth() {
  awk -F '\t' -v kind="$1" '
    $2 == kind { n[$3]++; t[$3, n[$3]] = $4 }
    END { worst = 0; worst_from = worst_to = 0
      for (p in n) { if (n[p] < 8) continue
        a = b = ca = cb = 0
        for (i = 1; i <= n[p]; i++) {
          if (i > n[p] / 4 && i <= n[p] / 2) { a += t[p, i]; ca++ }
          if (i > n[p] * 3 / 4) { b += t[p, i]; cb++ } }
        if (ca && cb && b / cb - a / ca >= worst) { worst = b / cb - a / ca; worst_from = a / ca; worst_to = b / cb } }
      printf "%.0f %.0f %.0f\n", worst, worst_from, worst_to }' "$out/memory.tsv"
}
tail -c "+$((log_start + 1))" "$server_log" | grep -E ' (ERROR|FATAL|PANIC):' | grep -v 'soak.refused' >"$out/errors.txt" || true
read -r connection from to < <(growth connection)
read -r worker worker_from worker_to < <(growth worker)
errors=$(wc -l <"$out/errors.txt")
# 10 % or 2 MB of noise.
flat() { awk -v g="$1" -v from="$2" 'BEGIN { exit !(g <= 2048 || g <= from / 10) }'; }
{
  printf 'Soak of %s minutes: %s\n' "$minutes" "$(date -u +%FT%TZ)"
  printf 'transactions: %s steady, %s with a connection of their own\n' \
    "$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$out/steady.txt")" \
    "$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$out/churn.txt")"
  printf 'memory of a connection (the one that grew most): %s kB in the second quarter, %s kB in the last\n' "$from" "$to"
  printf 'memory of the workers: %s kB, then %s kB\n' "$worker_from" "$worker_to"
  printf 'errors that were not provoked: %s\n' "$errors"
  printf 'cache: %s\n' "$(psql -c "SELECT string_agg(format('%s %s of %s', layer, hits, hits + misses), ', ') FROM router_cache_stats()")"
} | tee "$out/report.txt"
flat "$connection" "$from" || { status=1; note "memory of a connection grows"; }
flat "$worker" "$worker_from" || { status=1; note "memory of a worker grows"; }
[ "$errors" -eq 0 ] || { status=1; head -5 "$out/errors.txt" >&2; }
[ "$status" -eq 0 ] || { tail -n 5 "$out/steady.txt" "$out/churn.txt" >&2; fail "the soak found something" "see .pg/soak"; }
say "All was well; the report is in .pg/soak/report.txt"
