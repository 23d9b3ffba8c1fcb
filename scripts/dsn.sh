#!/usr/bin/env bash
# Prints the connection string of the demo database and nothing else on standard output.
# A running cluster is left as it is; one that is not is started, and made first where there is none.
. "$(dirname "$0")/lib.sh"
locate_state
if [ ! -f "$STATE/demo-extension" ] || ! scripts/cluster.sh running; then scripts/up.sh >&2; fi
scripts/cluster.sh dsn
