# SPDX-License-Identifier: MIT
# One service on Eventlet and on threads: the same sites, both goals' verdicts, and a comparison in
# which what yielded is paired with what blocks a thread.
. "$(dirname "$0")/lib.bash"
/usr/bin/python3 -c 'import eventlet' 2>/dev/null || skip "python3-eventlet is not installed"
here=$(dirname "$0")/python
cp "$here/service.py" "$here/cache.py" "$work" && cd "$work" || fail "no programs"

/usr/bin/python3 cache.py >port &
servers+=($!)
wait_for 20 test -s port || fail "the cache did not start"

run_both() {
  rm -rf green threads
  for kind in green threads; do
    SERVICE_THREADS=$([ $kind = green ] || echo 1) "$SHUNT" run -o $kind -- \
      /usr/bin/python3 service.py "$(cat port)" >$kind.out || fail "$kind: $?"
    [ "$(cat $kind.out)" = "80 {b'value'}" ] || fail "$kind answered $(cat $kind.out)"
    proven "$work/$kind"
  done
}
run_both

# site FILE CALL FUNCTION EXPRESSION (of s)
site() {
  json "$1" "[$4 for p in d['processes'] for s in p['sites']
      if s['call'] == '$2' and s['function'] == '$3'] or 'no such site'"
}

is() { # FILE CALL FUNCTION EXPRESSION VALUE
  local found
  found=$(site "$@")
  [ "$found" = "[$5]" ] || { cat ./*.page; fail "$1, $2 in $3: $4 is $found, not [$5]"; }
}

for goal in unblock threads; do
  "$SHUNT" report --json --goal $goal green >$goal.json || fail "no report"
  "$SHUNT" report --goal $goal green >$goal.page || fail "no page"
done
"$SHUNT" report --json threads >on_threads.json || fail "no report"

line() { grep -n "# LINE $1\$" service.py | cut -d: -f1; }
is unblock.json recv Cache.get 's["line"]' "$(line get)"
is unblock.json usleep bill 's["line"]' "$(line bill)"
[ "$(json unblock.json 'd["processes"][0]["loops"][0]["runtime"]')" = eventlet ] || fail "no hub of Eventlet's"

# The same evidence, two plans.
is unblock.json recv Cache.get 's["advice"]["verdict"]' "'cooperative'"
is unblock.json recv Cache.get 's["advice"]["effort"]' 0
is unblock.json usleep bill 's["advice"]["verdict"]' "'change'"
is threads.json recv Cache.get 's["advice"]["verdict"]' "'cooperative'"
is threads.json recv Cache.get 's["advice"]["effort"]' 1
is threads.json recv Cache.get 's["pending"]["peak_at_most"]' 4
is threads.json usleep bill 's["advice"]["verdict"]' "'fine'"
grep -q "^GOAL unblock: keep Eventlet's hub" unblock.page || fail "$(cat unblock.page)"
grep -q "^GREEN NOW   work: 4 started, 4 alive at a time" threads.page || fail "$(cat threads.page)"

# The same sites with and without Eventlet, and each wait with its like.
for one in "recv Cache.get" "usleep bill"; do
  read -r call function <<<"$one"
  a=$(site unblock.json "$call" "$function" 's["id"]') b=$(site on_threads.json "$call" "$function" 's["id"]')
  [ "$a" = "$b" ] || fail "$one: $a with Eventlet, $b on threads"
done
of() { json diff.json "[($3) for s in d['sites'] if s['before'] and s['call'] == '$1' and
    s['before']['function'] == '$2']"; }
# The waits are as long. On a busy machine an answer may be there before it is asked for, and is no wait:
# most of the 80 are waits, and one of three comparisons has to be undisturbed.
# The socket has a time limit: on threads the wait is that of the poll before the recv.
as_long() {
  "$SHUNT" diff --json green threads >diff.json || fail "no comparison"
  [ "$(of recv Cache.get 's["measure"]["name"], s["class"]')" = "[('wait_ns', 'same')]" ] &&
    [ "$(of recv Cache.get 's["before"]["pending"] > 60, [o["after"]["blocked"] > 60 for o in d["sites"]
      if o["id"] == s["other_site"] and o["call"] == "poll"]')" = "[(True, [True])]" ]
}
as_long || { run_both && as_long; } || { run_both && as_long; } ||
  fail "recv: $(of recv Cache.get 's'): $("$SHUNT" diff green threads)"
[ "$(of usleep bill 's["left_loop"]')" = "[True]" ] || fail "usleep: $(of usleep bill 's')"
[ "$(json on_threads.json 'len(d["processes"][0]["loops"])')" = 0 ] || fail "a socket's poll is a loop"
