#!/usr/bin/env bash
# Installs the release build, and pgvector if it is missing, in a server of one's own: scripts/install-own.sh PG_CONFIG
#
# No cluster is restarted or changed: what is left to do is printed.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
given=${1:-}
[ -n "$given" ] || fail "make install needs to know your server" "make install PG_CONFIG=/path/to/pg_config"
[ -x "$(command -v "$given")" ] || fail "PG_CONFIG=$given is not a program" "give the path of the server's pg_config"
own=$("$given" --bindir)/pg_config
[ -x "$own" ] || own=$given

# What building needs is set up with the private server if that one has the same version; else with this one.
if [ -f "$STATE/origin" ] && [ "$(major_of "$(cat "$STATE/origin")")" != "$(major_of "$own")" ]; then
  PG_CONFIG='' scripts/setup.sh
  PG_MAJOR=$(major_of "$own")
  use_pgrx
  [ -f "$("$own" --includedir-server)/postgres.h" ] ||
    fail "the server headers of $own are missing" "install the package postgresql-server-dev-$PG_MAJOR"
  if [ ! -f "$PGRX_HOME/config.toml" ]; then
    mkdir -p "$PGRX_HOME"
    step "Telling pgrx which server to build for" "see the log" cargo pgrx init --no-run "--pg$PG_MAJOR=$own"
  fi
  scripts/build.sh "$own"
else
  PG_CONFIG=$own
  [ ! -f "$STATE/origin" ] || PG_CONFIG=''
  PG_CONFIG=$PG_CONFIG scripts/setup.sh
  scripts/build.sh
fi
scripts/pgvector.sh "$own"
scripts/install.sh "$own"

cat >&2 <<TEXT

Installed in $("$own" --version). Left to do, by the server's administrator:
  1. postgresql.conf: shared_preload_libraries = 'router', then restart the server
     (without it the router still answers; what needs shared memory is off)
  2. in each database that is to use it, as superuser: CREATE EXTENSION router CASCADE;
  3. for each table that may be asked about: SELECT router_register('schema.table');
TEXT
