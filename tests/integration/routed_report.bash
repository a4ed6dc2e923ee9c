# SPDX-License-Identifier: MIT
# The report tells what was moved, what ran in place and why, and what the route cost the loop.
. "$(dirname "$0")/lib.bash"

cat >"$work/service.py" <<'P'
import os, select, socket, threading, time
a, b = socket.socketpair()
done = threading.Event()
def client():
    for _ in range(30):
        a.send(b"x")
        a.recv(1)
    done.set()
threading.Thread(target=client).start()
poller = select.epoll()
poller.register(b, select.EPOLLIN)
out = os.open("out", os.O_CREAT | os.O_WRONLY)
while not done.is_set():
    for _ in poller.poll(0.2):
        b.recv(1)
        os.fsync(out)
        b.send(b"y")
P
cd "$work" || exit 1
"$SHUNT" run --route pool -o "$work/trace" -- /usr/bin/python3 service.py || fail "status $?"
proven "$work/trace"
"$SHUNT" report "$work/trace" >"$work/page" || fail "report"
"$SHUNT" report --json "$work/trace" >"$work/report" || fail "report --json"
process='[p for p in d["processes"] if "python" in p["name"]][0]'
site() { json "$work/report" "[s for s in $process['sites'] if s['call'] == '$1'][0]$2"; }

[ "$(site fsync "['routed']['moved']")" -eq 30 ] || fail "fsync: $(site fsync "['routed']")"
[ "$(site fsync "['routed']['run_ns'] <= [s for s in $process['sites'] if s['call'] == 'fsync'][0]['routed']['total_ns']")" = True ] ||
  fail "longer on the worker than in all: $(site fsync "['routed']")"
[ "$(json "$work/report" "sum($process['routed']['in_place'].values())")" -ge 30 ] || fail "in place"
[ "$(json "$work/report" "$process['routed']['in_place']['ready']")" -ge 1 ] || fail "nothing was ready"
[ "$(json "$work/report" "$process['pools'][0]['peak']")" -ge 1 ] || fail "no worker"
[ "$(json "$work/report" "$process['loops'][0]['routed']['cost_ns'] > 0")" = True ] || fail "no cost"
grep -q '^ROUTED ' "$work/page" || fail "page: $(cat "$work/page")"
grep -q 'gained nothing' "$work/page" || fail "page: $(cat "$work/page")"
! grep -q 'shunt/default' "$work/page" || fail "our own thread is in the report: $(cat "$work/page")"

# Chosen calls only; what cannot move is refused with the reason, and nothing is started.
"$SHUNT" run --route pool:fsync -o "$work/chosen" -- /usr/bin/python3 service.py || fail "status $?"
"$SHUNT" report --json "$work/chosen" >"$work/report"
[ "$(site fsync "['routed']['moved']")" -eq 30 ] || fail "chosen fsync: $(site fsync "['routed']")"
[ "$(json "$work/report" "sum('routed' in s for s in $process['sites'])")" -eq 1 ] || fail "others were routed"
"$SHUNT" run --route pool:fsync,pthread_mutex_lock -- touch started 2>"$work/said" && fail "a lock was routed"
grep -qx 'shunt: cannot move pthread_mutex_lock: it is bound to the thread that makes it' "$work/said" ||
  fail "said: $(cat "$work/said")"
"$SHUNT" run --route pool:fsnyc -- touch started 2>"$work/said" && fail "a call that does not exist"
grep -q 'no such call' "$work/said" || fail "said: $(cat "$work/said")"
[ ! -e started ] || fail "it was started"

"$SHUNT" run -o "$work/observed" -- /usr/bin/python3 service.py || fail "status $?"
"$SHUNT" report --json "$work/observed" >"$work/report"
[ "$(json "$work/report" "'routed' in $process or 'pools' in $process")" = False ] || fail "observed only"
