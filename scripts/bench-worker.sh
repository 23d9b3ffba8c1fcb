#!/usr/bin/env bash
# Measures the background worker: scripts/bench-worker.sh [overhead] [throughput] [hang] [faults]
#
# Against a release build in a cluster of its own (removed afterwards), and an endpoint on this machine.
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
DSN=$(scripts/cluster.sh dsn postgres)
"$BINDIR/psql" -Xqc "ALTER SYSTEM SET max_connections = 300" "$DSN"
scripts/cluster.sh restart
status=0
ROUTER_FAULTS_DSN=$DSN cargo run -q --release -p router-client-tests --example worker_bench -- "$@" || status=$?
scripts/cluster.sh remove
exit $status
