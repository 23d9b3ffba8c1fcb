#!/usr/bin/env bash
# Provides pgvector for one server: scripts/pgvector.sh PG_CONFIG
#
# Does nothing where it is installed. Else builds the source package of a newer release of the same distribution; the
# package source is derived from the machine's own configuration, and apt checks the signatures as ever.
. "$(dirname "$0")/lib.sh"
locate_state
pg_config=$1
control=$("$pg_config" --sharedir)/extension/vector.control
[ ! -f "$control" ] || exit 0

by_hand="install pgvector 0.5 or newer for $pg_config by hand (package postgresql-NN-pgvector, or its source), then run make again"
command -v apt-get >/dev/null || fail "pgvector is missing" "$by_hand"
work=$(mktemp -d "${TMPDIR:-/tmp}/router-pgvector-XXXXXX")
trap 'rm -rf "$work"' EXIT

# The first address and signing key of the distribution's main archive, in either of apt's two formats.
archive() {
  local file
  for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    case $file in
      *.sources) awk -v RS= '
        { types = uris = suites = components = key = ""
          n = split($0, line, "\n")
          for (i = 1; i <= n; i++) {
            if (line[i] ~ /^#/) continue
            value = line[i]; sub(/^[A-Za-z-]*:[ \t]*/, "", value)
            if (line[i] ~ /^Types:/) types = value
            if (line[i] ~ /^URIs:/) uris = value
            if (line[i] ~ /^Suites:/) suites = value
            if (line[i] ~ /^Components:/) components = value
            if (line[i] ~ /^Signed-By:/) key = value
          }
          if (types ~ /deb/ && (" " components " ") ~ / main / && suites ~ ("(^| )" codename "( |$)")) {
            split(uris, uri, " "); print uri[1] "\t" key; exit
          } }' codename="$codename" "$file" ;;
      *) awk '
        $1 == "deb" {
          options = ""; first = 2
          if ($2 ~ /^\[/) { while ($first !~ /\]$/) { options = options " " $first; first++ } options = options " " $first; first++ }
          if ($(first + 1) != codename) next
          for (i = first + 2; i <= NF; i++) if ($i == "main") {
            key = options; if (!sub(/.*signed-by=/, "", key)) key = ""; sub(/[] ].*/, "", key)
            print $first "\t" key; exit
          }
        }' codename="$codename" "$file" ;;
    esac
  done | head -1
}

# Releases to try, oldest first: nearest to what this machine runs.
newer_releases() {
  case $1 in
    ubuntu) echo "noble devel" ;;
    *) echo "trixie stable testing sid" ;;
  esac
}

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
distribution=$(. /etc/os-release && echo "${ID:-}")
IFS=$'\t' read -r address key < <(archive) || fail "pgvector is missing, and no archive of $codename was found in apt's configuration" "$by_hand"

fetch() {
  local release=$1
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  {
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main%s\n' "$address" "$release" \
      "$([ "$distribution" = ubuntu ] && echo ' universe')"
    [ -z "$key" ] || printf 'Signed-By: %s\n' "$key"
  } >"$work/archive.sources"
  local apt=(apt-get -q -o "Dir::Etc::sourcelist=$work/archive.sources" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache")
  [ "$EUID" -ne 0 ] || apt+=(-o APT::Sandbox::User=root)
  "${apt[@]}" update && (cd "$work" && "${apt[@]}" source --download-only pgvector) && [ -n "$(ls "$work"/pgvector_*.orig.tar.* 2>/dev/null)" ]
}

fetch_any() {
  local release
  for release in $(newer_releases "$distribution"); do
    [ "$release" != "$codename" ] || continue
    echo "trying release $release"
    if fetch "$release"; then return 0; fi
    rm -rf "$work/lists" "$work/cache" "$work"/pgvector_*
  done
  return 1
}

# Built for any machine of this kind (no -march=native) and without LLVM bitcode.
build() {
  mkdir -p "$work/source"
  tar -xf "$work"/pgvector_*.orig.tar.* -C "$work/source" --strip-components=1
  make -C "$work/source" PG_CONFIG="$pg_config" OPTFLAGS="" with_llvm=no
  local as=()
  [ -w "$("$pg_config" --pkglibdir)" ] || as=(as_root)
  "${as[@]}" make -C "$work/source" PG_CONFIG="$pg_config" OPTFLAGS="" with_llvm=no install
}

step "Fetching the source package of pgvector from a newer release" "$by_hand" fetch_any
unset MAKEFLAGS MAKELEVEL MFLAGS
step "Building pgvector for $("$pg_config" --version)" "$by_hand" build
[ -f "$control" ] || fail "pgvector was built, but $control is not there" "$by_hand"
