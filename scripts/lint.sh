#!/usr/bin/env bash
# Formatting and lints, warnings denied. Sets up what is missing.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock
scripts/setup.sh
use_private_server
status=0
say "Checking the format"
cargo fmt --all --check || status=1
say "Linting"
cargo clippy --workspace --all-targets --no-default-features --features "pg$PG_MAJOR" -- -D warnings || status=1
exit $status
