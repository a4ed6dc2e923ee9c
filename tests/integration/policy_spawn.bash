# SPDX-License-Identifier: MIT
# A rule may ask what the calling thread, or green thread, was started to run: native, Python's and
# Eventlet's; what it takes of a recording is what it takes in a process.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# takes CALL FUNCTION "SPAWN WANTED..." COMMAND...: one rule a spawn point, in this order; how many of
# the calls of that function each takes, in a process and in a recording of the same program.
takes() {
  local call=$1 function=$2 n=0 spawn wanted got
  local -a words
  read -ra words <<<"$3"
  shift 3
  rm -rf seen forced
  printf 'version: 1\nrules:\n' >plan.yaml
  for ((n = 0; n < ${#words[@]}; n += 2)); do
    printf '  - { id: rule%d, route: pool, match: { call: %s, spawn: "%s" } }\n' $n "$call" \
      "${words[n]}" >>plan.yaml
  done
  "$SHUNT" run -o seen -- "$@" || fail "status $?"
  "$SHUNT" run --policy plan.yaml -o forced -- "$@" || fail "status $? under the policy"
  proven "$work/forced"
  "$SHUNT" report --json forced >forced.json || fail "no report"
  site=$(json forced.json "[s['id'] for s in d['processes'][0]['sites']
                             if s['call'] == '$call' and s['function'].split('.')[-1] == '$function'][0]")
  "$SHUNT" policy explain plan.yaml "$site" seen >said || fail "$(cat said)"
  for ((n = 0; n < ${#words[@]}; n += 2)); do
    spawn=${words[n]} wanted=${words[n + 1]}
    got=$(json forced.json "sum(r['calls'] - r['in_place'].get('unknown', 0)
        for r in d['processes'][0]['policy']['rules'] if r['id'] == 'rule$n')")
    [ "$got" = "$wanted" ] || fail "$spawn: $got calls, and not $wanted: $("$SHUNT" report forced)"
    got=$(sed -n "s/^ *[0-9]* rule$n *YES *\([0-9]*\) of.*/\1/p" said)
    [ "${got:-0}" = "$wanted" ] || fail "$spawn: $got calls of the recording, and not $wanted: $(cat said)"
  done
}

takes pread fetch 'main 0 fetch 0 elsewhere:copier 0 copier 300 kinds:scanner 140 kinds:* 0' "$PROGRAMS/kinds"
takes pread fetch 'kinds:c* 300 *er 140' "$PROGRAMS/kinds"

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
takes fsync fetch 'fetch 0 copier 60 threads.py:*run 20' /usr/bin/python3 threads.py

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
takes fsync fetch 'fetch 0 copier 60 green.py:* 20' /usr/bin/python3 green.py
