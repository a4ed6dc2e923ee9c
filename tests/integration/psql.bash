# SPDX-License-Identifier: MIT
# psql against a real server: bare, psql observed, and the server itself observed.
. "$(dirname "$0")/lib.bash"
. "$(dirname "$0")/postgres.lib.bash"

cat >"$work/script.sql" <<'S'
create table t (n int, text text);
insert into t select i, repeat('x', i % 50) from generate_series(1, 5000) i;
select count(*), sum(n), max(length(text)) from t;
\copy t to 'out.csv' csv
select pg_sleep(0.05);
select nonsense;
drop table t;
S

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
