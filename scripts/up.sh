#!/usr/bin/env bash
# From whatever there is to a running private cluster with the current release build, and the demo database in it
# with the extension. Each part does nothing where nothing is to be done.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
scripts/setup.sh
scripts/build.sh
use_private_server
library=$("$PRIVATE_PG_CONFIG" --pkglibdir)/router.so
before=$(stat -c %i "$library" 2>/dev/null || true)
scripts/install.sh
if scripts/cluster.sh running && [ "$before" != "$(stat -c %i "$library")" ]; then
  say "Restarting the private cluster with the new build"
  scripts/cluster.sh restart
else
  scripts/cluster.sh start
fi

psql() { "$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn "${database:-$DEMO_DB}")" "$@"; }

[ "$(database=postgres psql -Atc "SELECT count(*) FROM pg_database WHERE datname = '$DEMO_DB'")" = 1 ] ||
  database=postgres psql -c "CREATE DATABASE $DEMO_DB"

# A build of the same version with other SQL can't be reached by ALTER EXTENSION UPDATE: the extension is made anew
# in the demo database (and in that one only).
script=$(find "$("$PRIVATE_PG_CONFIG" --sharedir)/extension" -name 'router--*.sql' -exec cat {} + | cksum)
if [ "$(psql -Atc "SELECT count(*) FROM pg_extension WHERE extname = 'router'")" = 0 ] ||
  [ "$script" != "$(cat "$STATE/demo-extension" 2>/dev/null)" ]; then
  psql -c 'SET client_min_messages = warning' -c 'DROP EXTENSION IF EXISTS router CASCADE' -c 'CREATE EXTENSION router CASCADE'
  rm -f "$STATE/demo-registered"
  printf '%s\n' "$script" >"$STATE/demo-extension"
fi
scripts/register-demo.sh
