#!/usr/bin/env bash
# Builds the release package of the extension, if a source is newer than it: scripts/build.sh [PG_CONFIG]
#
# The files lie in target/package/pgNN afterwards, at their paths on that server.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
if [ $# -gt 0 ]; then
  pg_config=$1
  PG_MAJOR=$(major_of "$pg_config")
  use_pgrx
else
  use_private_server
  pg_config=$PRIVATE_PG_CONFIG
fi
package=$ROOT/target/package/pg$PG_MAJOR
stamp=$package/.built-for
sources=(Cargo.toml Cargo.lock core/Cargo.toml core/src src sql data router.control)
[ ! -f build.rs ] || sources+=(build.rs)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$pg_config" ] &&
  [ -z "$(find "${sources[@]}" -newer "$stamp" -not -path 'data/scout/*' -print -quit)" ]; then
  exit 0
fi
rm -rf "$package"
mkdir -p "$package"
# The stamp is as old as the beginning of the build: what is edited meanwhile counts as newer.
printf '%s\n' "$pg_config" >"$stamp.new"
step "Building the extension (release; the first time about 6 minutes on two cores)" "the log has the compiler's message" \
  cargo pgrx package --pg-config "$pg_config" --out-dir "$package"
mv "$stamp.new" "$stamp"
