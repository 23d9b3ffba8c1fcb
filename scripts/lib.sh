# Shared by every script here: where things are, how to say what happens, whose rights a command runs with.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PGRX_VERSION=$(sed -n 's/^pgrx = .*"=\([0-9.]*\)".*/\1/p' "$ROOT/Cargo.toml")
RUST_VERSION=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | head -1)
SUPPORTED="18 17 16 15"
DEMO_DB=scout
cd "$ROOT"

# Everything said for people goes to standard error, so that `make dsn` prints nothing but the string.
say()  { printf '==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }

# fail WHAT REMEDY
fail() {
  printf '\n*** %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '    Remedy: %s\n' "$2" >&2
  exit 1
}

# Can every user enter this directory and all above it?
open_to_all() {
  local dir=$1
  while :; do
    case $(stat -L -c %A "$dir") in *[xt]) ;; *) note "other users cannot enter $dir"; return 1 ;; esac
    [ "$dir" != / ] || return 0
    dir=$(dirname "$dir")
  done
}

# STATE: everything these scripts make, apart from Cargo's target/. It is .pg, which is a link to a directory
# under /var/tmp where a root user's checkout lies where the server's own user cannot enter (such as /root).
locate_state() {
  STATE=$ROOT/.pg
  if [ -L "$STATE" ] && [ ! -d "$STATE/" ]; then rm "$STATE"; fi
  if [ ! -e "$STATE" ]; then
    if [ "$EUID" -ne 0 ] || open_to_all "$ROOT"; then
      mkdir "$STATE" 2>/dev/null || fail "cannot write in $ROOT" "run as $(stat -c %U "$ROOT"), or clone the repository as yourself"
    else
      local elsewhere
      elsewhere=$(mktemp -d /var/tmp/router-XXXXXX)
      chmod 755 "$elsewhere"
      ln -s "$elsewhere" "$STATE"
      say "The private cluster is kept in $elsewhere, since the server's user cannot enter this checkout (.pg is a link to it)"
    fi
  fi
  [ -w "$STATE" ] || fail "$STATE belongs to $(stat -L -c %U "$STATE")" "run as that user, or remove it with 'sudo make clean'"
  STATE=$(cd "$STATE" && pwd -P)
  mkdir -p "$STATE/log"
}

# One of these scripts at a time in a checkout; what they call inherits the lock.
take_lock() {
  [ -z "${ROUTER_LOCKED:-}" ] || return 0
  command -v flock >/dev/null || return 0
  exec 9>"$STATE/lock"
  if ! flock -n 9; then
    say "Waiting for another make in this checkout to end"
    flock -w 3600 9 || fail "another make has held $STATE/lock for an hour" "end it, then try again"
  fi
  export ROUTER_LOCKED=1
}

# step LABEL REMEDY COMMAND...: runs a long command with its output in a log, telling every 20 s where it is.
step() {
  local label=$1 remedy=$2; shift 2
  local log began=$SECONDS pid status=0 last
  log=$STATE/log/$(printf '%s' "$label" | tr -cs '[:alnum:]' - | cut -c1-50).log
  say "$label"
  "$@" >"$log" 2>&1 </dev/null 9>&- &
  pid=$!
  local tick=0
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    tick=$((tick + 1))
    if [ $((tick % 40)) -eq 0 ]; then
      last=$(tr "\r" "\n" <"$log" | { grep -av "^ *$" || true; } | tail -n 1 | sed 's/\x1b\[[0-9;]*m//g; s/^ *//' | cut -c1-90)
      note "$((SECONDS - began)) s: $last"
    fi
  done
  wait "$pid" || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 30 "$log" >&2
    fail "failed: $label (exit status $status; all of it in $log)" "$remedy"
  fi
  [ $((SECONDS - began)) -lt 3 ] || note "done in $((SECONDS - began)) s"
}

as_root() {
  if [ "$EUID" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "this needs root: $*" "run it as root, or install sudo and run make again"
  fi
}

# The user that the private servers run as: a server refuses to run as root.
server_user() {
  if [ -d "$STATE/data" ]; then stat -c %U "$STATE/data"
  elif [ "$EUID" -eq 0 ]; then echo postgres
  else id -un
  fi
}

as_server() {
  local user
  user=$(server_user)
  # Descriptor 9 is the lock: a server that kept it open would hold it for ever.
  if [ "$user" = "$(id -un)" ]; then (cd / && exec "$@" 9>&-)
  elif [ "$EUID" -eq 0 ]; then (cd / && exec runuser -u "$user" -- "$@" 9>&-)
  else fail "the private cluster belongs to $user" "run make as $user or as root, or 'make clean' as root"
  fi
}

# A directory of the server's user's own, closed to everybody else.
server_dir() {
  local user
  user=$(server_user)
  if [ "$EUID" -eq 0 ]; then install -d -m 700 -o "$user" "$1"; else install -d -m 700 "$1"; fi
}

# BINDIR, PG_MAJOR and what cargo-pgrx reads, for the private server.
use_private_server() {
  PRIVATE_PG_CONFIG=$(cat "$STATE/pg_config" 2>/dev/null) || fail "nothing is set up yet" "run 'make demo' or 'make test'"
  BINDIR=$(dirname "$PRIVATE_PG_CONFIG")
  PG_MAJOR=$(major_of "$PRIVATE_PG_CONFIG")
  use_pgrx
}

# One PGRX_HOME for each server version, always the same: changing it rebuilds everything.
use_pgrx() {
  export PGRX_HOME=$STATE/pgrx$PG_MAJOR
  if [ -d "$STATE/tools/bin" ]; then export PATH=$STATE/tools/bin:$PATH; fi
}

major_of() { "$1" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/'; }
