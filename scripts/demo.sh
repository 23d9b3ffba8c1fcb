#!/usr/bin/env bash
# From a bare machine to answers: sets everything up, loads and registers the Scout data, asks eight questions.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
scripts/up.sh
use_private_server
psql() { "$BINDIR/psql" -X -q -At -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn)" "$@"; }

# Loaded once, and again when its description changed.
source=$(cksum <data/scout/scout.sql)
if [ "$source" != "$(cat "$STATE/demo-loaded" 2>/dev/null)" ]; then
  step "Loading the Scout data (200,000 line items; about 15 s)" "see the log; 'make clean' and 'make demo' start over" \
    psql -v rows=200000 -f data/scout/scout.sql
  psql -c 'VACUUM ANALYZE'
  printf '%s\n' "$source" >"$STATE/demo-loaded"
  rm -f "$STATE/demo-registered"
fi
scripts/register-demo.sh

say "Asking eight questions"
printf '\n'
psql -f data/scout/demo.sql || fail "a question was not answered" "the message above says why; 'make psql' lets you ask it again"

# Who serves tasks: a few invented agents and models, loaded again when they changed.
source=$(cat data/agents/*.sql | cksum)
if [ "$source" != "$(cat "$STATE/demo-agents" 2>/dev/null)" ] ||
  [ "$(psql -c 'SELECT count(*) FROM router.agents')" = 0 ]; then
  step "Loading sample agents and models" "see the log" psql -f data/agents/sample.sql
  printf '%s\n' "$source" >"$STATE/demo-agents"
fi
"$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn)" -f data/agents/demo.sql

cat <<TEXT
Ask your own: make psql, then
  SELECT router_route('sales by region last month', '{"as_of": "2025-03-15"}');
TEXT
