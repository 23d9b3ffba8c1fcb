#!/usr/bin/env bash
# The private cluster: scripts/cluster.sh start|stop|restart|crash|dsn [DATABASE]|psql [ARGUMENT...]|remove
#
# It lives in .pg/data, listens on a Unix socket in a directory that only its own user (and root) can enter, and on
# localhost, where nobody gets in who was not given a password. ROUTER_CLUSTER means another one beside it, for tests:
# plain, without shared_preload_libraries; standby and successor, which follow plain (and preload the library); or cron,
# which preloads pg_cron too and schedules in its database router_cron.
. "$(dirname "$0")/lib.sh"
locate_state
name=${ROUTER_CLUSTER:-}
data=$STATE/data${name:+-$name}
port_file=$STATE/port${name:+-$name}
socket_file=$STATE/socket${name:+-$name}
log=$STATE/log/server${name:+-$name}.log

running() { [ -d "$data" ] && as_server "$BINDIR/pg_ctl" -D "$data" status >/dev/null 2>&1; }

free_port() {
  local port
  for port in $(seq "$((5440 + $(cksum <<<"$data" | cut -d' ' -f1) % 400))" 5999); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  fail "no free port from 5440 to 5999" "end what listens there"
}

# A socket's whole path may have 107 bytes: where the checkout lies too deep, the directory is made in /tmp.
prepare_socket() {
  local socket
  socket=$(cat "$socket_file" 2>/dev/null || echo "$STATE/run${name:+-$name}")
  if [ ${#socket} -gt 85 ]; then socket=$(mktemp -d /tmp/router-XXXXXX); fi
  server_dir "$socket"
  printf '%s\n' "$socket" >"$socket_file"
}

create() {
  if [ "$name" = standby ] || [ "$name" = successor ]; then
    server_dir "$data"
    step "Copying the plain cluster for a $name" "see the log" as_server "$BINDIR/pg_basebackup" \
      -d "$(ROUTER_CLUSTER=plain scripts/cluster.sh dsn postgres)" -D "$data" -R -c fast
    return
  fi
  local user locale=C.UTF-8
  user=$(server_user)
  id "$user" >/dev/null 2>&1 || fail "the user $user, whom the private cluster is to run as, does not exist" "useradd --system $user"
  locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$' || locale=C
  server_dir "$data"
  step "Making the private cluster in ${data#"$ROOT/"} (run by $user)" "see the log; 'make clean' removes a half-made one" \
    as_server "$BINDIR/initdb" -D "$data" -U postgres --encoding=UTF8 --locale="$locale" --auth-local=trust --auth-host=scram-sha-256
  echo "include 'private.conf'" | as_server tee -a "$data/postgresql.conf" >/dev/null
}

# Written at each start, so that a checkout that was moved finds its cluster again; ALTER SYSTEM goes before it.
configure() {
  local preload=router
  [ "$name" != plain ] || preload=
  [ "$name" != cron ] || preload=router,pg_cron
  as_server tee "$data/private.conf" >/dev/null <<CONF
port = $(cat "$port_file")
listen_addresses = 'localhost'
unix_socket_directories = '$(cat "$socket_file")'
unix_socket_permissions = 0700
shared_preload_libraries = '$preload'
synchronous_commit = off
max_prepared_transactions = 4
log_line_prefix = '%m [%p] %d '
CONF
  if [ "$name" = cron ]; then
    printf "cron.database_name = 'router_cron'\ncron.use_background_workers = on\n" | as_server tee -a "$data/private.conf" >/dev/null
  fi
}

start() {
  if running; then return 0; fi
  [ -s "$data/PG_VERSION" ] || create
  [ "$(cat "$data/PG_VERSION" 2>/dev/null || as_server cat "$data/PG_VERSION")" = "$PG_MAJOR" ] ||
    fail "$data was made by another PostgreSQL version" "'make clean' removes it"
  [ -s "$port_file" ] || free_port >"$port_file"
  prepare_socket
  touch "$log"
  [ "$EUID" -ne 0 ] || chown "$(server_user)" "$log"
  local attempt
  for attempt in 1 2 3; do
    configure
    if as_server "$BINDIR/pg_ctl" -D "$data" -l "$log" -w -t 60 -s start >/dev/null 2>&1; then return 0; fi
    tail -n 20 "$log" | grep -q 'Address already in use' || break
    note "port $(cat "$port_file") has been taken: choosing another (attempt $attempt)"
    free_port >"$port_file"
  done
  tail -n 20 "$log" >&2
  fail "the private cluster does not start (its log: $log)" "see its last lines above; 'make clean' removes it, and a new one can be made"
}

stop() {
  if running; then as_server "$BINDIR/pg_ctl" -D "$data" -m fast -w -t 60 -s stop; fi
}

# Stops without a checkpoint, as a power failure does, and starts again.
crash() {
  as_server "$BINDIR/pg_ctl" -D "$data" -m immediate -w -t 60 -s stop
  start
}

dsn() { printf "host=%s port=%s user=postgres dbname=%s\n" "$(cat "$socket_file")" "$(cat "$port_file")" "${1:-$DEMO_DB}"; }

command=${1:-start}
[ $# -eq 0 ] || shift
if [ ! -f "$STATE/pg_config" ] && { [ "$command" = stop ] || [ "$command" = remove ]; }; then exit 0; fi
use_private_server
case $command in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  crash) crash ;;
  running) running ;;
  dsn) start; dsn "$@" ;;
  psql) start; exec "$BINDIR/psql" "$(dsn)" "$@" ;;
  remove) stop; rm -rf "$data" "$port_file"; [ ! -f "$socket_file" ] || rm -rf "$(cat "$socket_file")" "$socket_file" ;;
  *) fail "unknown command $command" "start, stop, restart, crash, dsn, psql or remove" ;;
esac
