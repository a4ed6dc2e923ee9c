# SPDX-License-Identifier: MIT
# PostgreSQL under pgbench: the waiting of its backends and helpers is explained, and an audit
# accounts for all their system calls.
. "$(dirname "$0")/completeness.bash"
. "$(dirname "$0")/postgres.lib.bash"
need pgbench
export PGHOST=127.0.0.1 PGUSER=test PGDATABASE=postgres

run() { # LOAD COMMAND-PREFIX...: a server, its load, its end
  local load=$1
  shift
  export PGPORT
  PGPORT=$(free_port)
  (cd "$work" && exec "$@" "${as[@]}" "$bin/postgres" -D "$work/data" -p "$PGPORT" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on) \
    >"$work/log" 2>"$work/page" &
  server=$!
  servers+=($server)
  wait_for 60 psql -c 'select 1' || fail "no server: $(tail -n 5 "$work/log" "$work/page")"
  pgbench $load >"$work/bench" 2>&1 || fail "pgbench: $(cat "$work/bench")"
  kill -INT $server
  wait $server || fail "status $?: $(tail -n 5 "$work/log" "$work/page")"
}

# Tables are made beforehand, and the load is long enough that the start of a connection weighs
# little: of a backend that lived for a tenth of a second, half of 60 ms was seen.
run "-i -s 1 -q"
run "-c 3 -T 5" "$SHUNT" run --shared-dir -o "$work/trace" --
complete "$work/trace"
run "-c 2 -t 10" "$SHUNT" run --audit --shared-dir -o "$work/audit" --
accounted "$work/audit" "$work/page"
