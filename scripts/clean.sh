#!/usr/bin/env bash
# Removes the private cluster, the private copy of the server and everything built; nothing outside this checkout.
. "$(dirname "$0")/lib.sh"
if [ -e "$ROOT/.pg" ]; then
  locate_state
  for other in "$STATE"/data-*; do
    [ ! -d "$other" ] || ROUTER_CLUSTER=${other##*/data-} scripts/cluster.sh remove
  done
  scripts/cluster.sh remove
  rm -rf "$STATE"
fi
rm -rf "$ROOT/.pg" "$ROOT/target"
