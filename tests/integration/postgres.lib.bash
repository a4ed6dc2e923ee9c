# SPDX-License-Identifier: MIT
#
# A PostgreSQL server for tests that source this after lib.bash: a cluster in $work/data, user test.
need psql
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | tail -n 1)")
[ -x "$bin/postgres" ] || skip "the PostgreSQL server is not installed"

as=()
if [ "$(id -u)" -eq 0 ]; then
  as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  chown 65534:65534 "$work"
fi
"${as[@]}" "$bin/initdb" -D "$work/data" -U test -A trust --no-sync >"$work/initdb.log" 2>&1 ||
  fail "initdb: $(tail -n 3 "$work/initdb.log")"

serve() { # COMMAND-PREFIX...: starts the server; $server is its pid
  port=$(free_port)
  (cd "$work" && exec "${as[@]}" "$@" "$bin/postgres" -D "$work/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on) \
    >"$work/server.log" 2>&1 &
  server=$!
  servers+=($server)
  wait_for 30 psql -h 127.0.0.1 -p "$port" -U test -d postgres -c 'select 1' ||
    fail "no server: $(tail -n 5 "$work/server.log")"
}

stop() {
  kill -INT $server
  wait $server
  local status=$?
  [ $status -eq 0 ] || fail "the server ended with $status: $(tail -n 5 "$work/server.log")"
}
