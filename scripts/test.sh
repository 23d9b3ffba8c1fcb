#!/usr/bin/env bash
# Every test: of core, fuzzing for a minute, inside a server, SQL suites against expected output, clients, and scheduling
# by pg_cron. Sets up what is missing.
#
#   scripts/test.sh [core] [fuzz] [in-server] [sql] [clients] [cron]      (all of them without arguments)
#
# PG_REGRESS names another pg_regress than the server's own.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
passed=0 failed=0
summary=$STATE/log/test-summary
: >"$summary"

# suite NAME COMMAND...: runs it, shows and keeps its output, adds up its results.
suite() {
  local name=$1 log=$STATE/log/test-$1.log status=0 began=$SECONDS ok bad; shift
  say "Testing: $name"
  "$@" 2>&1 </dev/null | tee "$log" || status=$?
  # libtest's closing lines, or pg_regress's line for each suite (its format changed in version 16)
  read -r ok bad < <(sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '
    /^test result: / { ok += $4; bad += $6 }
    /^(test|ok|not ok) .*[0-9]+ ms$/ { if (/^not ok|FAILED/) bad++; else ok++ }
    END { print ok + 0, bad + 0 }')
  # What broke off before it could count is one failure.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  passed=$((passed + ok)) failed=$((failed + bad))
  printf '%-10s %5d passed, %d failed  (%d s)\n' "$name" "$ok" "$bad" "$((SECONDS - began))" >>"$summary"
}

core() { cargo test -p router-core --no-fail-fast; }

# A bounded time for each target; SECONDS_EACH says how long.
fuzz() { core/fuzz/run; }

# pgrx installs a test build in the private server and runs it in a cluster of its own.
in_server() {
  local dir user arguments=()
  user=$(server_user)
  dir=$(mktemp -d /tmp/router-test-XXXXXX)
  if [ "$EUID" -eq 0 ]; then
    chown "$user" "$dir"
    arguments=(--runas "$user")
  fi
  local status=0
  # What a running server has loaded stays as it is: cargo-pgrx writes over a library in its place.
  rm -f "$("$PRIVATE_PG_CONFIG" --pkglibdir)/router.so"
  cargo pgrx test "pg$PG_MAJOR" "${arguments[@]}" --pgdata "$dir/data" || status=$?
  rm -rf "$dir"
  return $status
}

sql() {
  local regress out=$STATE/regress names
  regress=${PG_REGRESS:-$(dirname "$("$PRIVATE_PG_CONFIG" --pgxs)")/../test/regress/pg_regress}
  [ -x "$regress" ] || fail "pg_regress is missing: $regress" "install the server's development package"
  names=$(cd pg_test/sql && printf '%s\n' *.sql | sed 's/\.sql$//')
  mkdir -p "$out"
  local status=0
  # shellcheck disable=SC2086 # one argument a suite
  "$regress" --bindir="$BINDIR" --inputdir=pg_test --outputdir="$out" --dbname=router_regress \
    --host="$(cat "$STATE/socket")" --port="$(cat "$STATE/port")" --user=postgres \
    --load-extension=vector --load-extension=router $names || status=$?
  [ "$status" -eq 0 ] || cat "$out/regression.diffs"
  return $status
}

clients() {
  # Earlier versions, to be updated from.
  install -m 644 pg_test/upgrade/router--*.sql "$("$PRIVATE_PG_CONFIG" --sharedir)/extension/"
  ROUTER_DSN=$(scripts/cluster.sh dsn postgres)
  ROUTER_PLAIN_DSN=$(ROUTER_CLUSTER=plain scripts/cluster.sh dsn postgres)
  ROUTER_STANDBY_DSN=$(ROUTER_CLUSTER=standby scripts/cluster.sh dsn postgres)
  ROUTER_FAULTS_DSN=$(ROUTER_CLUSTER=faults scripts/cluster.sh dsn postgres)
  export ROUTER_DSN ROUTER_PLAIN_DSN ROUTER_STANDBY_DSN ROUTER_FAULTS_DSN ROUTER_BINDIR=$BINDIR
  export ROUTER_ENDPOINTS=$STATE/endpoints/bin ROUTER_CLUSTER_SCRIPT=$ROOT/scripts/cluster.sh
  cargo test -p router-client-tests --no-fail-fast
}

# Scheduling, by the real pg_cron in a cluster of its own.
cron() {
  if ! scripts/pg_cron.sh; then
    echo "SKIPPED: scheduling by pg_cron, since there is no pg_cron for PostgreSQL $PG_MAJOR to be had here"
    return 0
  fi
  export ROUTER_CLUSTER=cron
  local status=0
  run_cron >"$STATE/log/cron.out" 2>&1 || status=$?
  cat "$STATE/log/cron.out"
  scripts/cluster.sh remove
  if [ "$status" -eq 0 ]; then
    echo 'test result: ok. 2 passed; 0 failed'
  else
    echo 'test result: FAILED. 0 passed; 2 failed'
    return 1
  fi
}

run_cron() {
  scripts/cluster.sh remove
  scripts/cluster.sh start
  scripts/cluster.sh dsn postgres >/dev/null
  "$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn postgres)" -c 'CREATE DATABASE router_cron'
  # Its launcher gave up on a database that was not there.
  scripts/cluster.sh restart
  "$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn router_cron)" -f pg_test/cron/auto_assign.sql -f pg_test/cron/maintain.sql
}

chosen=" ${*:-core fuzz in-server sql clients cron} "
wants() { [[ $chosen == *" $1 "* ]]; }

scripts/setup.sh
use_private_server
if wants core; then suite core core; fi
if wants fuzz; then suite fuzz fuzz; fi
if wants in-server; then
  scripts/build.sh
  # The test build replaces the library: nothing may have it loaded then.
  scripts/cluster.sh stop
  suite in-server in_server
fi
scripts/up.sh
if wants sql; then suite sql sql; fi
if wants clients; then
  ROUTER_CLUSTER=standby scripts/cluster.sh remove
  ROUTER_CLUSTER=faults scripts/cluster.sh remove
  scripts/endpoints.sh
  suite clients clients
  ROUTER_CLUSTER=faults scripts/cluster.sh remove
  ROUTER_CLUSTER=standby scripts/cluster.sh remove
  ROUTER_CLUSTER=plain scripts/cluster.sh stop
fi
if wants cron; then suite cron cron; fi

printf '\n'
cat "$summary"
printf '%d passed, %d failed\n' "$passed" "$failed" | tee -a "$summary"
[ "$failed" -eq 0 ]
