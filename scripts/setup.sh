#!/usr/bin/env bash
# Everything the build and the private cluster need: packages, cargo-pgrx, a private copy of the server, pgvector.
#
#   PG_CONFIG=/path/to/pg_config scripts/setup.sh
#
# PG_CONFIG says which PostgreSQL to use; without it the distribution's. The server's programs and files are copied
# (they find each other by relative paths), so that test builds and the release build are installed in the copy:
# no other cluster ever sees them, and no rights are needed for it.
. "$(dirname "$0")/lib.sh"
locate_state
take_lock

has_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
has_candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'; }
debian_like() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

update_package_lists() {
  [ -z "${lists_updated:-}" ] || return 0
  lists_updated=1
  step "Updating the package lists" "check the machine's network and package sources" as_root apt-get -q update
}

check_rust() {
  command -v cargo >/dev/null || fail "no cargo found" "install the Rust toolchain, version $RUST_VERSION or newer, with rustup"
  local have
  have=$(rustc --version | sed -E 's/^rustc ([0-9.]+).*/\1/')
  [ "$(printf '%s\n%s\n' "$RUST_VERSION" "$have" | sort -V | head -1)" = "$RUST_VERSION" ] ||
    fail "Rust $have is too old: $RUST_VERSION is needed" "rustup update stable && rustup default stable"
  command -v cc >/dev/null || fail "no C compiler found" "install gcc or clang"
}

# The distribution's server version, or the newest supported one that its sources offer.
distribution_major() {
  local major
  major=$(LC_ALL=C apt-cache policy postgresql 2>/dev/null | sed -nE 's/ *Candidate: ([0-9]+).*/\1/p')
  case " $SUPPORTED " in *" ${major:-none} "*) echo "$major"; return ;; esac
  for major in $SUPPORTED; do
    if has_candidate "postgresql-server-dev-$major"; then echo "$major"; return; fi
  done
}

# ORIGIN: the pg_config of the server that is copied; it need not be there yet if a package brings it.
choose_server() {
  local recorded=''
  [ ! -f "$STATE/origin" ] || recorded=$(cat "$STATE/origin")
  if [ -n "${PG_CONFIG:-}" ]; then
    [ -x "$(command -v "$PG_CONFIG")" ] || fail "PG_CONFIG=$PG_CONFIG is not a program" "give the path of the server's pg_config"
    ORIGIN=$("$PG_CONFIG" --bindir)/pg_config
    [ -x "$ORIGIN" ] || ORIGIN=$PG_CONFIG
    [ -z "$recorded" ] || [ "$recorded" = "$ORIGIN" ] || [ "$PG_CONFIG" = "$(cat "$STATE/pg_config" 2>/dev/null)" ] ||
      fail "the private cluster here was made from $recorded, not from $ORIGIN" "'make clean' first, or leave PG_CONFIG out"
    [ -z "$recorded" ] || ORIGIN=$recorded
  elif [ -n "$recorded" ] && [ -x "$recorded" ]; then
    ORIGIN=$recorded
  elif debian_like; then
    local major
    major=$(distribution_major)
    if [ -z "$major" ]; then update_package_lists; major=$(distribution_major); fi
    [ -n "$major" ] || fail "the package sources offer no PostgreSQL 15 to 18" "install one and give PG_CONFIG=/path/to/pg_config"
    ORIGIN=/usr/lib/postgresql/$major/bin/pg_config
  elif command -v pg_config >/dev/null; then
    ORIGIN=$(pg_config --bindir)/pg_config
  else
    fail "no PostgreSQL found, and this is not a Debian-like system" \
      "install PostgreSQL 15 to 18 with its server headers, clang and libclang, and give PG_CONFIG=/path/to/pg_config"
  fi
}

server_is_complete() {
  [ -x "$ORIGIN" ] && [ -x "$(dirname "$ORIGIN")/postgres" ] && [ -f "$("$ORIGIN" --includedir-server)/postgres.h" ]
}

pgrx_version() { cargo pgrx --version 2>/dev/null | sed -n 's/^cargo-pgrx //p'; }

# Installs what is missing and only that; nothing that is there is upgraded.
install_packages() {
  local wanted=() missing=() package major
  major=$(sed -nE 's|^/usr/lib/postgresql/([0-9]+)/bin/pg_config$|\1|p' <<<"$ORIGIN")
  if ! debian_like; then
    server_is_complete || fail "$ORIGIN belongs to no complete server with headers" "install the server and its development files"
    command -v clang >/dev/null || fail "no clang found (bindgen needs libclang)" "install clang and libclang"
    return
  fi
  if [ -n "$major" ]; then
    server_is_complete || wanted+=("postgresql-$major" "postgresql-server-dev-$major")
  else
    server_is_complete || fail "$ORIGIN belongs to no complete server with headers" "install the server and its development files"
  fi
  command -v clang >/dev/null || wanted+=(clang)
  compgen -G "/usr/lib/llvm*/lib/libclang.so*" >/dev/null || wanted+=(libclang-dev)
  [ "$EUID" -ne 0 ] || command -v sudo >/dev/null || wanted+=(sudo)
  command -v runuser >/dev/null || wanted+=(util-linux)
  if [ "$(pgrx_version)" != "$PGRX_VERSION" ]; then
    command -v pkg-config >/dev/null || wanted+=(pkg-config)
    [ -f /usr/include/openssl/ssl.h ] || wanted+=(libssl-dev)
  fi
  [ ${#wanted[@]} -eq 0 ] || update_package_lists
  # pgvector, where the distribution has it for this server version (else it is built below).
  if [ -n "$major" ] && ! [ -f "/usr/share/postgresql/$major/extension/vector.control" ] &&
    has_candidate "postgresql-$major-pgvector"; then
    wanted+=("postgresql-$major-pgvector")
  fi
  for package in "${wanted[@]}"; do has_package "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  update_package_lists
  step "Installing packages: ${missing[*]}" "see the log; then 'apt-get install ${missing[*]}' by hand" \
    install_without_cluster "${missing[@]}"
  server_is_complete || fail "the server at $ORIGIN is still not complete" "apt-get install --reinstall postgresql-$major postgresql-server-dev-$major"
}

# Debian's server packages make a cluster of their own on first install: not wanted here. An administrator's
# setting, and whatever clusters there are, stay as they are.
install_without_cluster() {
  local dir=/etc/postgresql-common/createcluster.d made=''
  local conf=$dir/router-setup.conf
  if ! [ -d /etc/postgresql ] || [ -z "$(ls /etc/postgresql)" ]; then
    as_root mkdir -p "$dir"
    echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null
    made=1
  fi
  local status=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    install -y --no-install-recommends "$@" || status=$?
  [ -z "$made" ] || as_root rm -f "$conf"
  return $status
}

install_cargo_pgrx() {
  [ "$(pgrx_version)" != "$PGRX_VERSION" ] || return 0
  # Another version that somebody uses is left alone: ours then goes under .pg.
  local root=()
  [ -z "$(pgrx_version)" ] || root=(--root "$STATE/tools")
  step "Building cargo-pgrx $PGRX_VERSION (about 4 minutes on two cores)" \
    "check the machine's access to the crates registry; then 'make' again continues here" \
    cargo install cargo-pgrx --version "$PGRX_VERSION" --locked "${root[@]}"
  use_pgrx
  [ "$(pgrx_version)" = "$PGRX_VERSION" ] || fail "cargo does not find cargo-pgrx $PGRX_VERSION" "put cargo's bin directory into PATH"
}

PROGRAMS="clusterdb createdb createuser dropdb dropuser initdb pg_amcheck pg_basebackup pg_checksums pg_config
  pg_controldata pg_ctl pg_dump pg_dumpall pg_isready pg_receivewal pg_resetwal pg_restore pg_rewind pg_upgrade
  pg_verifybackup pg_waldump pgbench postgres psql reindexdb vacuumdb"

# Copies the server under .pg/server, at its own paths. Again when the original was upgraded.
copy_server() {
  local copy=$STATE/server bindir sharedir libdir include pgxs program
  bindir=$("$ORIGIN" --bindir) sharedir=$("$ORIGIN" --sharedir) libdir=$("$ORIGIN" --pkglibdir)
  include=$("$ORIGIN" --includedir-server)
  local private=$copy$bindir/pg_config
  if [ -x "$private" ] && [ "$("$private" --version)" = "$("$ORIGIN" --version)" ] && [ -f "$STATE/pg_config" ]; then return 0; fi
  say "Copying $("$ORIGIN" --version) into .pg/server"
  if [ -f "$STATE/pg_config" ] && [ -d "$STATE/data" ]; then scripts/cluster.sh stop; fi
  rm -rf "$copy" "$STATE/pg_config" "$STATE/installed"
  mkdir -p "$copy$bindir" "$copy$(dirname "$sharedir")" "$copy$(dirname "$libdir")" "$copy$(dirname "$include")"
  for program in $PROGRAMS; do [ ! -x "$bindir/$program" ] || cp "$bindir/$program" "$copy$bindir/"; done
  cp -R "$sharedir" "$copy$(dirname "$sharedir")/"
  cp -R "$libdir" "$copy$(dirname "$libdir")/"
  ln -s "$include" "$copy$include"
  # An installation of this extension in the original is not ours to run.
  rm -f "$copy$sharedir"/extension/router.control "$copy$sharedir"/extension/router--*.sql "$copy$libdir/router.so"
  chmod -R u+w,a+rX "$copy"
  pgxs=$("$private" --pgxs)
  # shellcheck disable=SC2015
  [ "$("$private" --pkglibdir)" = "$copy$libdir" ] && [ "$("$private" --sharedir)" = "$copy$sharedir" ] && [ -f "$pgxs" ] ||
    fail "the copy of the server in $copy does not find its own files" "give another PG_CONFIG (a packaged server is known to work)"
  printf '%s\n' "$ORIGIN" >"$STATE/origin"
  printf '%s\n' "$private" >"$STATE/pg_config"
}

init_pgrx() {
  local private
  private=$(cat "$STATE/pg_config")
  if ! grep -qsF "pg$PG_MAJOR = \"$private\"" "$PGRX_HOME/config.toml"; then
    rm -rf "$PGRX_HOME"
    mkdir -p "$PGRX_HOME"
    step "Telling pgrx which server to build for" "see the log" cargo pgrx init --no-run "--pg$PG_MAJOR=$private"
  fi
}

check_rust
choose_server
if [ -d "$STATE/tools/bin" ]; then PATH=$STATE/tools/bin:$PATH; fi
install_packages
PG_MAJOR=$(major_of "$ORIGIN")
case " $SUPPORTED " in *" $PG_MAJOR "*) ;; *) fail "PostgreSQL $PG_MAJOR is not supported" "use version 15, 16, 17 or 18" ;; esac
use_pgrx
install_cargo_pgrx
copy_server
scripts/pgvector.sh "$(cat "$STATE/pg_config")"
init_pgrx
