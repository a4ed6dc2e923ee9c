# SPDX-License-Identifier: MIT
# A rule may ask what the calling thread, or green thread, was started to run: native, Python's and
# Eventlet's; what it takes of a recording is what it takes in a process.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# takes WANTED CALL SPAWN COMMAND...: a rule for one spawn point, in a process and in the recording
# `seen` of the same program.
takes() {
  local wanted=$1 got
  printf 'version: 1\nrules:\n  - { id: it, route: pool, match: { call: %s, spawn: "%s" } }\n' \
    "$2" "$3" >one.yaml
  rm -rf one
  "$SHUNT" run --policy one.yaml -o one -- "${@:4}" || fail "$3: status $?"
  "$SHUNT" report --json one >report.json || fail "$3: no report"
  got=$(json report.json "sum(r['calls'] - r['in_place'].get('unknown', 0)
                              for r in d['processes'][0]['policy']['rules'])")
  [ "$got" = "$wanted" ] || fail "$3: $got calls, and not $wanted: $("$SHUNT" report one)"
  got=$("$SHUNT" policy explain one.yaml "$site" seen | sed -n 's/^  1 it *YES *\([0-9]*\) of.*/\1/p')
  [ "${got:-0}" = "$wanted" ] ||
    fail "$3: $got calls in the recording, and not $wanted: $("$SHUNT" policy explain one.yaml "$site" seen)"
}
see() { # CALL FUNCTION COMMAND...: records it
  rm -rf seen
  "$SHUNT" run -o seen -- "${@:3}" || fail "status $?"
  proven "$work/seen"
  "$SHUNT" report --json seen >report.json || fail "no report"
  site=$(json report.json "[s['id'] for s in d['processes'][0]['sites']
                            if s['call'] == '$1' and s['function'].split('.')[-1] == '$2'][0]")
}

kinds=$PROGRAMS/kinds
see pread fetch "$kinds"
takes 300 pread copier "$kinds"
takes 140 pread kinds:scanner "$kinds"
takes 440 pread 'kinds:*' "$kinds"
takes 440 pread '*er' "$kinds"
takes 0 pread main "$kinds"
takes 0 pread elsewhere:copier "$kinds"

cat >threads.py <<'P'
import os, threading
out = os.open("out", os.O_CREAT | os.O_WRONLY)
def fetch(times):
    for _ in range(times):
        os.fsync(out)
def copier():
    fetch(30)
class Scanner(threading.Thread):
    def run(self):
        fetch(20)
threads = [threading.Thread(target=copier) for _ in range(2)] + [Scanner()]
for thread in threads: thread.start()
for thread in threads: thread.join()
fetch(5)
P
see fsync fetch /usr/bin/python3 threads.py
takes 60 fsync copier /usr/bin/python3 threads.py
takes 20 fsync 'threads.py:*run' /usr/bin/python3 threads.py
takes 0 fsync fetch /usr/bin/python3 threads.py

/usr/bin/python3 -c 'import eventlet' 2>/dev/null || skip "python3-eventlet is not installed (the rest passed)"
cat >green.py <<'P'
import os, eventlet
eventlet.monkey_patch()
out = os.open("out", os.O_CREAT | os.O_WRONLY)
def fetch(times):
    for _ in range(times):
        os.fsync(out)
        eventlet.sleep(0)
def copier():
    fetch(30)
def scanner():
    fetch(20)
pool = eventlet.GreenPool()
for one in copier, copier, scanner:
    pool.spawn(one)
pool.waitall()
fetch(5)
P
see fsync fetch /usr/bin/python3 green.py
takes 60 fsync copier /usr/bin/python3 green.py
takes 20 fsync green.py:scanner /usr/bin/python3 green.py
takes 80 fsync 'green.py:*' /usr/bin/python3 green.py
takes 0 fsync fetch /usr/bin/python3 green.py
