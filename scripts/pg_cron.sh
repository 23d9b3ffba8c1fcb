#!/usr/bin/env bash
# Provides pg_cron for the private server, for the test of scheduling: scripts/pg_cron.sh
#
# Does nothing where it is there. Else takes it from the distribution's package, which is installed if need be. Fails,
# and says why, where there is none for this server version.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
use_private_server
library=$("$PRIVATE_PG_CONFIG" --pkglibdir)
[ ! -f "$library/pg_cron.so" ] || exit 0

origin=$(cat "$STATE/origin")
package=postgresql-$PG_MAJOR-cron
if [ ! -f "$("$origin" --pkglibdir)/pg_cron.so" ]; then
  command -v apt-get >/dev/null || fail "no pg_cron for $origin" "install it by hand"
  LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [0-9]' || as_root apt-get -q update >"$STATE/log/apt-cron.log" 2>&1 || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$package" \
    >>"$STATE/log/apt-cron.log" 2>&1 || fail "package $package can't be had" "see $STATE/log/apt-cron.log"
fi
[ -f "$("$origin" --pkglibdir)/pg_cron.so" ] || fail "package $package does not belong to the server at $origin" "install pg_cron for it by hand"
cp "$("$origin" --pkglibdir)/pg_cron.so" "$library/"
cp "$("$origin" --sharedir)"/extension/pg_cron* "$("$PRIVATE_PG_CONFIG" --sharedir)/extension/"
