#!/usr/bin/env bash
# Registers the Scout relations in the demo database, if they are loaded and were not registered like this already.
. "$(dirname "$0")/lib.sh"
locate_state
[ -f "$STATE/demo-loaded" ] || exit 0
description=$(cksum <data/scout/register.sql)
[ "$description" != "$(cat "$STATE/demo-registered" 2>/dev/null)" ] || exit 0
use_private_server
step "Registering the Scout relations" "see the log" \
  "$BINDIR/psql" -X -q -At -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn)" -f data/scout/register.sql
printf '%s\n' "$description" >"$STATE/demo-registered"
