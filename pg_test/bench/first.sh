#!/usr/bin/env bash
# What the first question of a connection costs its backend: pg_test/bench/first.sh [DATABASE [QUESTION]]
#
# Processor time in milliseconds, as the kernel counts it (the machine may do other things meanwhile), of the first
# question and of the same again, nothing cached: the least of nine connections, and their median.
. "$(dirname "$0")/../../scripts/lib.sh"
locate_state
use_private_server
dsn=$(scripts/cluster.sh dsn "${1:-$DEMO_DB}")
ask="SELECT router_route('${2:-Top 5 brands by sales in 2024}', '{\"as_of\": \"2025-03-15T10:00:00+08:00\"}');"
spent='\! cut -d" " -f1 /proc/$BACKEND/schedstat'
for _ in 1 2 3 4 5 6 7 8 9; do
  printf '%s\n' 'SET router.cache = off;' 'SELECT pg_backend_pid() AS pid \gset' '\setenv BACKEND :pid' '\o /dev/null' \
    "$spent" "$ask" "$spent" "$ask" "$spent" | "$BINDIR/psql" -X -q -At "$dsn" |
    awk 'NR > 1 { printf "%.2f\t", ($1 - was) / 1e6 } { was = $1 } END { print "" }'
done | awk -F '\t' '{ first[NR] = $1; again[NR] = $2 }
  function sorted(v, n, i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t } }
  END { sorted(first, NR); sorted(again, NR)
        printf "first question: %s ms (median %s), again: %s ms (median %s)\n", first[1], first[int((NR + 1) / 2)], again[1], again[int((NR + 1) / 2)] }'
