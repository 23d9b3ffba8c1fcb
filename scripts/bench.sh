#!/usr/bin/env bash
# Measures what people wait for, in the private cluster with the Scout data: scripts/bench.sh [ROUNDS]
#
# Every figure is the median over the rounds (default 5), each in a session of its own. The report, with machine and
# versions, goes to .pg/bench and to standard output; BENCHMARKS.md holds one that was kept.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
rounds=${1:-5}
[ -f "$STATE/demo-registered" ] || scripts/demo.sh >/dev/null
scripts/up.sh
[ -f "$STATE/demo-registered" ] || scripts/demo.sh >/dev/null
use_private_server
DSN=$(scripts/cluster.sh dsn)
psql() { "$BINDIR/psql" -X -q -At -F $'\t' -v ON_ERROR_STOP=1 "$DSN" "$@"; }
mkdir -p "$STATE/bench"
report=$STATE/bench/report.md
raw=$STATE/bench/raw.tsv
: >"$raw"

for round in $(seq "$rounds"); do
  say "Round $round of $rounds"
  psql -v repeat=20 -f pg_test/bench/latency.sql >>"$raw"
  # The first statement of a session, as its client sees it; 'SELECT 1' likewise.
  for _ in 1 2 3 4 5; do
    printf '%s\n' '\timing on' \
      "SELECT router_route('Top 5 brands by sales in 2024', '{\"as_of\": \"2025-03-15T10:00:00+08:00\"}');" |
      psql | sed -nE 's/^Time: ([0-9.]+) ms.*/first router_route of a session\t\1/p' |
      awk -F '\t' '{ printf "%s\t%.1f\t%.1f\t1\n", $1, $2 * 1000, $2 * 1000 }' >>"$raw"
    printf '%s\n' '\timing on' 'SELECT 1;' |
      psql | sed -nE 's/^Time: ([0-9.]+) ms.*/first SELECT 1 of a session\t\1/p' |
      awk -F '\t' '{ printf "%s\t%.1f\t%.1f\t1\n", $1, $2 * 1000, $2 * 1000 }' >>"$raw"
  done
done

# The middle one of column $1 among the rows of each name, which come sorted by it.
median() {
  awk -F '\t' -v column="$1" '
    function out() { if (count) print name "\t" value[int((count + 1) / 2)] "\t" column }
    $1 != name { out(); name = $1; count = 0 }
    { value[++count] = $column }
    END { out() }'
}

{
  printf '%s, %s cores, %s\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
    "$(. /etc/os-release && echo "$PRETTY_NAME")"
  printf '%s; pgvector %s; %s; router %s (%s)\n\n' "$("$PRIVATE_PG_CONFIG" --version)" \
    "$(psql -c "SELECT extversion FROM pg_extension WHERE extname = 'vector'")" "$(rustc --version)" \
    "$(psql -c 'SELECT router_version()')" "$(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
  printf '| what | p50 (µs) | p99 (µs) | p50 to SELECT 1 |\n|---|---:|---:|---:|\n'
  # Medians over the rounds; the ratio is to 'SELECT 1' measured in the same way.
  { sort -t $'\t' -k1,1 -k2,2g "$raw" | median 2; sort -t $'\t' -k1,1 -k3,3g "$raw" | median 3; } | awk -F '\t' '
    $3 == 2 { p50[$1] = $2; order[++n] = $1 }
    $3 == 3 { p99[$1] = $2 }
    END { for (i = 1; i <= n; i++) {
      name = order[i]; base = name ~ /^first/ ? p50["first SELECT 1 of a session"] : p50["SELECT 1"]
      printf "| %s | %.0f | %.0f | %.1f |\n", name, p50[name], p99[name], p50[name] / base } }'
} | tee "$report"
say "The report is in .pg/bench/report.md"
