#!/usr/bin/env bash
# Runs the evaluation kits: scripts/eval.sh [KIT...]      (all that are there, without arguments)
#
# Kits are looked for in EVAL_DIR, by default ../shared/eval. Each gets a scratch database of its own in the private
# cluster, made anew every time and kept afterwards for looking into; what its scorer writes goes to .pg/eval/KIT.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
kits=${EVAL_DIR:-$ROOT/../shared/eval}
[ -d "$kits" ] || fail "there are no evaluation kits in $kits" "make eval EVAL_DIR=/path/to/kits"
kits=$(cd "$kits" && pwd -P)
scripts/up.sh
use_private_server
command -v python3 >/dev/null || {
  command -v apt-get >/dev/null || fail "the scorers need Python 3" "install python3"
  step "Installing python3, which the scorers need" "apt-get install python3" \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3
}

psql() { "$BINDIR/psql" -X -q -v ON_ERROR_STOP=1 "$(scripts/cluster.sh dsn "$@")"; }

# fresh KIT: an empty scratch database with the extension; DSN and OUT are set for the scorer.
fresh() {
  local database=eval_$1
  OUT=$STATE/eval/$1
  mkdir -p "$OUT"
  psql postgres <<SQL
SET client_min_messages = warning;
DROP DATABASE IF EXISTS $database WITH (FORCE);
CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8';
SQL
  psql "$database" <<<'SET client_min_messages = warning; CREATE EXTENSION router CASCADE;'
  DSN=$(scripts/cluster.sh dsn "$database")
}

score() { python3 "$kits/$kit/score.py" "$@" --psql "$BINDIR/psql" --dsn "$DSN"; }

eval_scout() {
  local data=$kits/../scout
  [ -f "$data/scout.sql" ] || data=$ROOT/data/scout
  say "Loading the Scout data into its scratch database"
  { echo '\set rows 200000'; cat "$data/scout.sql"; echo 'VACUUM ANALYZE;'; cat "$data/register.sql"; } | psql eval_scout >"$OUT/load.log" || return 1
  score "$kits/scout/questions.jsonl" --failures "$OUT/failures.jsonl" --json "$OUT/figures.json"
}

eval_nvbench() { score --load --failures "$OUT/failures.jsonl"; }

eval_guard() { score --load --json "$OUT/results.json"; }

eval_modelrouting() {
  local part result status=0
  for part in tasktype assign recommend intents throughput; do
    printf -- '-- %s\n' "$part"
    result=0
    python3 "$kits/$kit/score.py" "$part" --psql "$BINDIR/psql" --dsn "$DSN" --json "$OUT/$part.json" || result=$?
    # 2: a function it needs is not there. That is told, and no failure of what is.
    [ "$result" -eq 0 ] || [ "$result" -eq 2 ] || status=1
  done
  return $status
}

known="scout nvbench guard modelrouting"
failed=''
[ $# -gt 0 ] || read -ra all <<<"$known"
for kit in "${@:-${all[@]}}"; do
  case " $known " in *" $kit "*) ;; *) fail "no kit is called $kit" "one of: $known" ;; esac
  if [ ! -f "$kits/$kit/score.py" ]; then note "skipped: there is no $kit in $kits"; continue; fi
  say "Evaluating: $kit"
  fresh "$kit"
  if "eval_$kit" 2>&1 | tee "$OUT/report.txt"; then :; else failed="$failed $kit"; fi
done
say "Reports and failures are in .pg/eval"
[ -z "$failed" ] || fail "did not pass:$failed" "the tables above say what was missed"
