#!/usr/bin/env bash
# Installs the release build in a server: scripts/install.sh [PG_CONFIG]
#
# Without PG_CONFIG in the private one, and only if it is not there yet. Files are replaced, never overwritten in
# place: a running server keeps what it has loaded.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
if [ $# -gt 0 ]; then pg_config=$1; else use_private_server; pg_config=$PRIVATE_PG_CONFIG; fi
package=$ROOT/target/package/pg$(major_of "$pg_config")
[ -d "$package" ] || fail "there is no release build" "run make again"
library=$("$pg_config" --pkglibdir)
extension=$("$pg_config" --sharedir)/extension

as=()
[ -w "$library" ] || as=(as_root)
built=$(find "$package" -name router.so)
if [ $# -eq 0 ] && cmp -s "$built" "$library/router.so" &&
  cmp -s "$(find "$package" -name 'router--*.sql' | sort -V | tail -1)" "$(find "$extension" -name 'router--*.sql' | sort -V | tail -1)"; then
  exit 0
fi
say "Installing the extension in $library"
"${as[@]}" install -m 755 "$built" "$library/"
find "$package" -name router.control -o -name 'router--*.sql' | while read -r file; do
  "${as[@]}" install -m 644 "$file" "$extension/"
done
