# SPDX-License-Identifier: MIT
# PostgreSQL under pgbench: the books balance; after kill -9 of all its processes in mid-load it
# recovers, the books balance, and no transaction that was acknowledged is missing.
. "$(dirname "$0")/lib.bash"
. "$(dirname "$0")/../integration/postgres.lib.bash"
[ -x "$bin/pgbench" ] || skip "pgbench is not installed"
transactions=$(by_size 100 2000)
seconds=$(by_size 2 10)

bench() { "$bin/pgbench" -h 127.0.0.1 -p "$port" -U test "$@" postgres; }
ask() { psql -h 127.0.0.1 -p "$port" -U test -d postgres -qAtc "$1"; }

balanced() { # WHEN
  local sums
  sums=$(ask "select (select sum(abalance) from pgbench_accounts), (select sum(bbalance) from pgbench_branches),
    (select sum(tbalance) from pgbench_tellers), (select coalesce(sum(delta), 0) from pgbench_history)")
  [ "$(tr '|' '\n' <<<"$sums" | sort -u | wc -l)" -eq 1 ] || fail "$1: the books do not balance: $sums"
}

under postgresql --shared-dir
chmod 777 "$work"
serve "${words[@]}"
bench -i -s 2 -q >"$work/init.log" 2>&1 || fail "pgbench -i: $(tail -n 3 "$work/init.log")"
bench -c 4 -j 2 -n -t "$transactions" >"$work/bench.log" 2>&1 || fail "pgbench: $(tail -n 3 "$work/bench.log")"
balanced "after pgbench"
before=$(ask 'select count(*) from pgbench_history')
[ "$before" -eq $((4 * transactions)) ] || fail "$before transactions and not $((4 * transactions))"

# Every acknowledged transaction is a line of the log.
(cd "$work" && bench -c 4 -j 2 -n -T 60 -l --log-prefix=ack >"$work/killed.log" 2>&1) &
load=$!
servers+=("$load")
sleep "$seconds"
postmaster=$(head -n 1 "$work/data/postmaster.pid")
pkill -KILL -P "$postmaster"
kill -KILL "$postmaster"
wait "$load" "$server" 2>/dev/null
acknowledged=$(cat "$work"/ack* | wc -l)
[ "$acknowledged" -gt 0 ] || fail "nothing was acknowledged before kill -9: $(tail -n 3 "$work/killed.log")"

serve
grep -q 'automatic recovery in progress' "$work/server.log" || fail "no recovery: $(tail -n 5 "$work/server.log")"
balanced "after recovery"
after=$(($(ask 'select count(*) from pgbench_history') - before))
[ "$after" -ge "$acknowledged" ] && [ "$after" -le $((acknowledged + 4)) ] ||
  fail "$after transactions after recovery, $acknowledged were acknowledged"
"$bin/pg_amcheck" -h 127.0.0.1 -p "$port" -U test -d postgres --install-missing >"$work/check.log" 2>&1 ||
  fail "pg_amcheck: $(tail -n 3 "$work/check.log")"
stop
echo "postgresql: $before transactions, then $acknowledged acknowledged before kill -9 and $after there after recovery"
