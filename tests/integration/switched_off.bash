# SPDX-License-Identifier: MIT
# shunt off: running processes are not observed and not routed from their next calls on, nor are those
# that begin meanwhile; shunt on takes it back. The program does not notice.
. "$(dirname "$0")/lib.bash"

# Calls that Python makes nowhere else, 1,000 a phase; between phases it waits to be told.
cat >"$work/phases.py" <<'P'
import os, subprocess, sys, time
zero = os.open("/dev/zero", os.O_RDONLY)
def wait_for(name):
    print("waits for", name, flush=True)
    while not os.path.exists(name):
        time.sleep(0.01)
def phase(call, *args):
    for _ in range(1000):
        call(*args)
phase(os.pread, zero, 1, 0)
wait_for("off")
phase(os.lchown, ".", -1, -1)
subprocess.run(["truncate", "-s", "1", "made"], check=True)
wait_for("on")
phase(os.statvfs, ".")
print("threads", len(os.listdir("/proc/self/task")), "size", os.stat("made").st_size)
P

total() { json "$work/report" "sum(s['calls'] for p in d['processes'] for s in p['sites'] if s['call'] == '$1')"; }
says() { grep -qx "waits for $1" "$work/out"; }

for route in "" pool; do
  rm -rf "$work/trace" "$work/dir" && mkdir "$work/dir"
  (cd "$work/dir" && exec "$SHUNT" run ${route:+--route $route} -o "$work/trace" -- \
    /usr/bin/python3 "$work/phases.py") >"$work/out" 2>"$work/err" &
  program=$!
  servers+=($program)
  wait_for 20 says off || fail "no phase: $(cat "$work/out" "$work/err")"
  "$SHUNT" off "$work/trace" >"$work/said" || fail "off: $(cat "$work/said")"
  grep -q '^1 process is off$' "$work/said" || fail "off said: $(cat "$work/said")"
  [ "$("$SHUNT" off "$work/trace")" = "everything was off already" ] || fail "off twice"
  "$SHUNT" ps >"$work/ps" || fail "ps"
  grep -q ' off' "$work/ps" || fail "ps does not say it: $(cat "$work/ps")"
  touch "$work/dir/off"
  wait_for 20 says on || fail "no second phase: $(cat "$work/out" "$work/err")"
  "$SHUNT" on "$work/trace" >"$work/said" || fail "on: $(cat "$work/said")"
  touch "$work/dir/on"
  wait $program || fail "status $?: $(cat "$work/err")"
  "$SHUNT" report --json "$work/trace" >"$work/report" || fail "report"
  [ "$(json "$work/report" "[(p['switched_off']['times'], p['switched_off']['total_ns'] > 0, p['switched_off']['now'])
      for p in d['processes'] if p['sites']]")" = "[(1, True, False)]" ] || fail "$route: the report does not tell of the time off"
  [ "$(total pread)" -ge 1000 ] || fail "$route: pread: $(total pread)"
  [ "$(total lchown)" -le 2 ] || fail "$route: lchown, while it was off: $(total lchown)"
  [ "$(total statvfs)" -ge 1000 ] || fail "$route: statvfs: $(total statvfs)"
  [ "$(total ftruncate)" -eq 0 ] || fail "$route: the child that began while it was off was observed"
  grep -q ' size 1$' "$work/out" || fail "$route: $(cat "$work/out")"
  [ "$("$SHUNT" off "$work/trace")" = "nothing runs there; what begins to write there is off" ] ||
    fail "$route: off when it is over"
  [ "$("$SHUNT" on "$work/trace")" = "nothing runs there; what begins to write there is on" ] ||
    fail "$route: on when it is over"
done
[ "$("$SHUNT" off 1 2>&1)" = "shunt: process 1 has no trace of shunt; shunt ps lists those that have" ] ||
  fail "off 1 said: $("$SHUNT" off 1 2>&1)"
"$SHUNT" off "$work/dir/made" 2>"$work/said" && fail "a file that is no directory"
head -c 100000 /dev/urandom >"$work/dir/x.shunt"
"$SHUNT" off "$work/dir" 2>"$work/said" && fail "garbage was switched off"
grep -q 'is no trace that this shunt knows' "$work/said" || fail "garbage: $(cat "$work/said")"
