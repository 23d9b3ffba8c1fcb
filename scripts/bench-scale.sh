#!/usr/bin/env bash
# Measures a wide warehouse: scripts/bench-scale.sh [TABLES [VALUES-PER-TABLE]]     (default 1000 and 1000)
#
# In a database of its own in the private cluster, kept for the next time: how long the model takes to compile, the
# first question of a connection, uncached questions, and what a backend's memory grows by. The figures go to
# .pg/bench/scale.txt and to standard output.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
tables=${1:-1000} values=${2:-1000}
scripts/up.sh
use_private_server
database=bench_scale_${tables}_$values
psql() { "$BINDIR/psql" -X -q -At -F $'\t' -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn "$1")" "${@:2}"; }
mkdir -p "$STATE/bench"
report=$STATE/bench/scale.txt

if [ "$(psql postgres -c "SELECT count(*) FROM pg_database WHERE datname = '$database'")" = 0 ]; then
  say "Making $tables tables with $values names each"
  psql postgres -c "CREATE DATABASE ${database}_new TEMPLATE template0 ENCODING 'UTF8'"
  psql "${database}_new" -c 'SET client_min_messages = warning; CREATE EXTENSION router CASCADE'
  psql "${database}_new" -v tables="$tables" -v values="$values" -f pg_test/bench/scale_setup.sql >"$STATE/log/bench-scale-setup.log"
  psql postgres -c "ALTER DATABASE ${database}_new RENAME TO $database"
fi

# first QUESTION: milliseconds of the first statement of a session, as its client sees it.
first() { printf '%s\n' '\timing on' "$1" | psql "$database" | sed -nE 's/^Time: ([0-9.]+) ms.*/\1/p' | tail -1; }
question="SELECT router_route('total amount by region in 2024', '{\"as_of\": \"2025-03-15\"}')"
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

{
  printf '%s tables, %s harvested values\n' \
    "$(psql "$database" -c 'SELECT count(*) FROM router.datasets')" \
    "$(psql "$database" -c 'SELECT sum(cardinality(stored)) FROM router.column_values')"
  psql "$database" -c "SELECT router_synonym(name, 'compiled anew ' || random()) FROM router.datasets LIMIT 1" >/dev/null
  printf 'first question after teaching a synonym (compiles the names): %s ms\n' "$(first "$question")"
  printf 'first question of a connection: %s ms (median of 9); SELECT 1: %s ms\n' \
    "$(for _ in 1 2 3 4 5 6 7 8 9; do first "$question"; done | median)" \
    "$(for _ in 1 2 3 4 5 6 7 8 9; do first 'SELECT 1'; done | median)"
  printf 'compiled files: %s\n' "$(psql "$database" -c \
    "SELECT string_agg(pg_size_pretty(f.size) || ' ' || split_part(name, '.', 3), ', ' ORDER BY name)
     FROM pg_ls_dir('pg_router') AS name, pg_stat_file('pg_router/' || name) AS f
     WHERE split_part(name, '.', 1) = (SELECT oid::text FROM pg_database WHERE datname = current_database()) AND name !~ 'lock'")"
  psql "$database" -v questions=600 -v statements="$STATE/bench/scale_statements.sql" -f pg_test/bench/scale_ask.sql | awk -F '\t' '
    /^(before|after|figures)$/ { part = $1; next }
    part == "before" { was[$1] = $2 }
    part == "after" { is[$1] = $2 }
    part == "figures" { line[++n] = sprintf("%-10s p50 %5d us, p99 %6d us, slowest %6d us; %d questions, %d answered, %d of the right dataset", $1, $2, $3, $4, $5, $6, $7) }
    END {
      for (i = 1; i <= n; i++) print line[i]
      private_was = was["Anonymous:"]; private_is = is["Anonymous:"]
      printf "memory of the backend over these questions: resident %d -> %d kB, its own (anonymous pages) %d -> %d kB; mapped of compiled files %d kB\n",
        was["Rss:"], is["Rss:"], private_was, private_is, is["Mapped:"]
    }'
  psql "$database" -v statements="$STATE/bench/scale_statements.sql" -f pg_test/bench/scale_control.sql | awk -F '\t' '
    /^(before|after)$/ { part = $1; next }
    part == "before" { was[$1] = $2 }
    part == "after" { is[$1] = $2 }
    END { printf "the same of a session that has their statements explained and asks the router nothing: resident %d -> %d kB, its own %d -> %d kB\n",
            was["Rss:"], is["Rss:"], was["Anonymous:"], is["Anonymous:"] }'
} | tee "$report"
say "The report is in .pg/bench/scale.txt"
