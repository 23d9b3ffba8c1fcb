#!/usr/bin/env bash
# Measures the background worker, with pgbench against endpoints on this machine (pg_test/bench/endpoint.py), in a
# cluster of its own with the release build:
#
#   scripts/bench-worker.sh [overhead] [rate] [hanging] [faults]      (all of them without arguments)
#
# overhead: what the worker adds to an endpoint's time at 100 requests in flight; rate: calls a second; hanging: local
# answers while 64 callers wait for an endpoint that hangs, beside 64 sessions that sleep (ROUNDS=9 of 16 s); faults:
# 24,000 questions with 30 % injected faults (some minutes).
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
scripts/build.sh
use_private_server
scripts/install.sh
parts=" ${*:-overhead rate hanging faults} "
wants() { [[ $parts == *" $1 "* ]]; }
export ROUTER_CLUSTER=bench
work=$(mktemp -d)
endpoints=()
finish() {
  [ ${#endpoints[@]} -eq 0 ] || kill "${endpoints[@]}" 2>/dev/null || true
  rm -rf "$work"
  scripts/cluster.sh remove
}
trap finish EXIT
scripts/cluster.sh remove
admin=$(scripts/cluster.sh dsn postgres)
dsn=$(scripts/cluster.sh dsn bench)
psql() { "$BINDIR/psql" -X -q -At -v ON_ERROR_STOP=1 "$@"; }
psql "$admin" -c "ALTER SYSTEM SET max_connections = 300" -c "CREATE DATABASE bench"
scripts/cluster.sh restart
psql "$dsn" -f pg_test/bench/worker.sql >/dev/null

# serve PORT HOW: an endpoint, which all calls go to from now on.
serve() {
  python3 pg_test/bench/endpoint.py "$1" "$2" 9>&- &
  endpoints+=($!)
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do sleep 0.1; done
  psql "$dsn" -c "UPDATE router.agents SET base_url = 'http://127.0.0.1:$1/v1'"
}
worker() { psql "$dsn" -c "SELECT pid FROM router_worker()"; }
memory() { printf '%s: %s kB of its own\n' "$1" "$(awk '/RssAnon/ { print $2 }' "/proc/$(worker)/status")"; }

# busy COMMAND...: runs it, says how busy the processors were.
busy() {
  local a b
  a=$(head -1 /proc/stat)
  "$@"
  b=$(head -1 /proc/stat)
  awk -v a="$a" -v b="$b" -v load="$(cut -d' ' -f1-2 /proc/loadavg)" 'BEGIN {
    split(a, x); n = split(b, y)
    for (i = 2; i <= n; i++) total += y[i] - x[i]
    printf "  (processors %d %% busy, load average %s)\n", 100 - 100 * (y[5] - x[5] + y[6] - x[6]) / total, load }'
}

# pgbench_of STATEMENTS PGBENCH-OPTION...
pgbench_of() {
  local statements=$1; shift
  printf '%s\n' "$statements" >"$work/statement.sql"
  rm -f "$work"/log*
  "$BINDIR/pgbench" -n -M prepared -l --log-prefix="$work/log" -f "$work/statement.sql" "$@" "$dsn" 2>"$work/pgbench.err" |
    sed -n 's/^tps = \([0-9.]*\).*/\1 a second, /p' | tr -d '\n'
}

# measure LABEL STATEMENTS PGBENCH-OPTION...: rate and quantiles of the time, with WARM=1 without each client's first.
measure() {
  printf '%s: ' "$1"
  pgbench_of "${@:2}"
  awk -v warm="${WARM:-0}" '!warm || seen[$1]++ { print $3 / 1000 }' "$work"/log* | sort -g | awk '{ t[NR] = $1 } END {
    printf "n %d, p50 %.2f, p99 %.2f, highest %.2f ms\n", NR, t[int(NR * 0.5) + 1], t[int(NR * 0.99) + 1], t[NR] }'
}

# overhead LABEL CALLERS SECONDS: by the endpoint's random times arrivals are spread out; each caller's first is left out.
overhead() {
  psql "$dsn" -c "TRUNCATE overheads"
  printf '%s: ' "$1"
  pgbench_of 'SELECT measured_call()' -c "$2" -j 1 -T "$3"
  psql "$dsn" -c "
    SELECT format('n %s, added p50 %s, p90 %s, p99 %s, highest %s ms', count(*), round(q[1]::numeric, 2),
                  round(q[2]::numeric, 2), round(q[3]::numeric, 2), round(max(ms)::numeric, 2))
    FROM (SELECT ms FROM overheads OFFSET $2) o,
         (SELECT percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY ms)
          FROM (SELECT ms FROM overheads OFFSET $2) o) AS t(q) GROUP BY q"
}

if wants overhead; then
  serve 9100 0.5-1.0
  overhead 'warming up' 100 3 >/dev/null
  for round in 1 2 3; do busy overhead "100 in flight, endpoint takes 500 to 1,000 ms, round $round" 100 12; done
  busy overhead 'one in flight, the same endpoint' 1 8
  # Whole questions: what the router itself does for one, and what the endpoint adds.
  serve 9105 0.75
  export WARM=1
  question="SELECT router_route('total sales by region')"
  measure 'a question read locally, one caller' "$question" -c 1 -T 4
  busy measure '100 callers, a question in between 750 ms, read locally' "\\sleep 750 ms
$question" -c 100 -j 1 -T 8
  psql "$dsn" -c "ALTER DATABASE bench SET router.llm = 'primary'"
  busy measure '100 callers, a question read by an endpoint of 750 ms' "$question" -c 100 -j 1 -T 10
  psql "$dsn" -c "ALTER DATABASE bench RESET router.llm"
  unset WARM
fi

if wants rate; then
  serve 9102 0
  for callers in 1 16 64; do
    busy measure "$callers callers, endpoint answers at once" "SELECT router_remote_embedding('total sales by region')" -c "$callers" -j 2 -T 8
  done
fi

# others KIND: 64 more sessions, which wait: for an endpoint that hangs, or, to compare, asleep in a statement.
others() {
  case $1 in
    nobody) return ;;
    asleep) echo "SELECT pg_sleep(60)" ;;
    hanging) printf "SET router.llm = 'primary';\nSET router.llm_timeout = '60s';\nSELECT router_route('how did takings split geographically');\n" ;;
  esac >"$work/others.sql"
  "$BINDIR/pgbench" -n -c 64 -j 2 -t 1 -f "$work/others.sql" "$dsn" >/dev/null 2>&1 &
  waiting=$!
  sleep 2
  [ "$1" != hanging ] || taken=$(psql "$dsn" -c 'SELECT taken FROM router_slots()')
}

if wants hanging; then
  serve 9103 hang
  rounds=${ROUNDS:-9}
  for round in $(seq "$rounds"); do
    for kind in nobody asleep hanging; do
      waiting=
      others "$kind"
      rate=$(pgbench_of "SELECT router_route('total sales by region')" -c 1 -T 4 | cut -d' ' -f1)
      awk '{ print $3 / 1000 }' "$work"/log* | sort -g | awk -v rate="$rate" '{ t[NR] = $1 } END {
        print t[int(NR * 0.5) + 1], t[int(NR * 0.95) + 1], t[int(NR * 0.99) + 1], rate }' >>"$work/$kind"
      [ -z "$waiting" ] || {
        psql "$dsn" -c "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
          WHERE application_name = 'pgbench' AND state = 'active'" >/dev/null
        wait "$waiting" || true
      }
    done
  done
  echo "local answers of one client, $rounds rounds of 4 s of each in turn, medians (least to greatest); $taken callers hang"
  for kind in nobody asleep hanging; do
    printf '64 others %s:' "$kind"
    for column in "1 p50" "2 p95" "3 p99" "4 a second"; do
      cut -d' ' -f"${column%% *}" "$work/$kind" | sort -g | awk -v name="${column#* }" '{ v[NR] = $1 } END {
        printf " %s %g (%g to %g);", name, v[int((NR + 1) / 2)], v[1], v[NR] }'
    done
    echo
  done
fi

if wants faults; then
  serve 9104 mixed
  psql "$dsn" -c "ALTER DATABASE bench SET router.llm = 'primary'" -c "ALTER DATABASE bench SET router.llm_timeout = '1500ms'" \
    -c "DELETE FROM router.llm_usage" -c "DELETE FROM router.routing_decisions"
  question="SELECT router_route('how did takings split geographically') ->> 'status'"
  busy measure 'faults, the first fifth' "$question" -c 48 -j 2 -t 100
  memory 'worker after it'
  busy measure 'faults, the rest' "$question" -c 48 -j 2 -t 400
  awk '$3 > 1500000' "$work"/log* | wc -l | sed 's/^/answers later than 1.5 s: /'
  sleep 6
  memory 'worker at the end'
  psql "$dsn" -c "SELECT 'slots taken: ' || taken FROM router_slots()" \
    -c "SELECT 'requests under way: ' || sum(in_flight) FROM router_endpoints()" \
    -c "SELECT 'worker starts: ' || starts FROM router_worker()" \
    -c "SELECT 'calls, failures, attempts on record: ' || concat_ws(', ', sum(calls), sum(failures), sum(attempts)) FROM router.llm_usage" \
    -c "SELECT 'decisions, with success: ' || concat_ws(', ', count(*), count(*) FILTER (WHERE success)) FROM router.routing_decisions"
  printf 'requests that reached the endpoint: %s\n' "$(python3 -c "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9104/count').read().decode())")"
fi
