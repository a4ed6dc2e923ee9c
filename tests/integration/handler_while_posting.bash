# SPDX-License-Identifier: MIT
# A signal at the very instruction that gives a call to its worker: the handler runs, the call is made.
. "$(dirname "$0")/lib.bash"
need gdb
cd "$work" || exit 1

# It stops itself when its handler is there and a worker is.
cat >program.py <<'P'
import os, signal, threading, time
ours, theirs = os.pipe()
signal.signal(signal.SIGUSR1, lambda *_: None)
def send():
    for _ in range(5):
        time.sleep(0.02)
        os.write(theirs, b"x")
threading.Thread(target=send).start()
os.read(ours, 1)
os.kill(os.getpid(), signal.SIGUSR2)
print([os.read(ours, 1) for _ in range(4)])
P
cat >at.py <<'P'
import gdb
def run(command):
    return gdb.execute(command, to_string=True)
for command in ("set pagination off", "handle SIGUSR1 nostop noprint pass", "handle SIG64 nostop noprint pass",
                "handle SIGUSR2 stop print nopass", "run", "break worker_post thread 1", "continue"):
    run(command)
at = run("x/i $pc")
for _ in range(60):
    if "xchg" in at and "cmpxchg" not in at:
        break
    run("stepi")
    at = run("x/i $pc")
print("at", at)
run("delete")
gdb.execute("signal SIGUSR1")
P
mkdir trace
timeout 60 gdb -nx -q -batch -ex "set env LD_PRELOAD $LIBSHUNT" -ex "set env SHUNT_DIR $work/trace" \
  -ex 'set env SHUNT_ROUTE pool' -x at.py --args /usr/bin/python3 program.py >said 2>&1
grep -q 'not permitted' said && skip "gdb may not trace: $(tail -n 3 said)"
grep -q 'at .*<worker_post.*xchg' said || fail "gdb does not get there: $(tail -n 3 said)"
grep -qF "[b'x', b'x', b'x', b'x']" said || fail "$(tail -n 5 said)"
