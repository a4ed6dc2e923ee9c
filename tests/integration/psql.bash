# SPDX-License-Identifier: MIT
# psql against a real server: bare, psql observed, and the server itself observed.
. "$(dirname "$0")/lib.bash"
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

cat >"$work/script.sql" <<'S'
create table t (n int, text text);
insert into t select i, repeat('x', i % 50) from generate_series(1, 5000) i;
select count(*), sum(n), max(length(text)) from t;
\copy t to 'out.csv' csv
select pg_sleep(0.05);
select nonsense;
drop table t;
S

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

serve
same psql -h 127.0.0.1 -p "$port" -U test -d postgres -f "$work/script.sql"
same psql -h 127.0.0.1 -p "$port" -U test -d none -c 'select 1'
[ "$(total "$trace" poll calls)" -ge 1 ] || fail "psql's waiting was not seen"
stop

serve "$SHUNT" run -o "$work/server.trace" --
psql -h 127.0.0.1 -p "$port" -U test -d postgres -f "$work/script.sql" >"$work/out" 2>"$work/err"
grep -q '^  5000 | 12502500 |  49$' "$work/out" || fail "the observed server answered $(cat "$work/out")"
stop
proven "$work/server.trace"
