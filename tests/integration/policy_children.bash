# SPDX-License-Identifier: MIT
# A fork child has its parent's policy and counts its calls as its own; one that replaces it is taken
# over by each of them.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: syncs
    match: { call: fsync, python_function: sync }
    route: pool
P
sed 's/route: pool/route: inplace/' plan.yaml >back.yaml
cat >family.py <<'P'
import os, time
file = os.open("out", os.O_CREAT | os.O_WRONLY)
def sync(times):
    for _ in range(times):
        os.fsync(file)
def go(name, before, after):
    sync(before)
    open(name, "w").close()
    while not os.path.exists("replaced"):
        time.sleep(0.01)
    sync(after)
sync(5)
child = os.fork()
if child == 0:
    go("child", 30, 7)
    os._exit(0)
go("parent", 20, 9)
assert os.waitpid(child, 0)[1] == 0
P
"$SHUNT" run --policy plan.yaml -o trace -- /usr/bin/python3 family.py >said 2>&1 &
servers+=($!)
both() { [ -e parent ] && [ -e child ]; }
wait_for 30 both || fail "it did not get there: $(cat said)"
parent=$(basename trace/python3*.shunt .shunt)
parent=${parent##*.}
child=$(pgrep -P "$parent") || fail "no child of $parent"
kill -STOP "$child"
"$SHUNT" policy apply back.yaml trace >applied 2>&1 || fail "$(cat applied)"
grep -q "^$parent .*: in force$" applied || fail "the parent has not taken it: $(cat applied)"
grep -q "^$child .*: handed over; " applied || fail "the parent spoke for its child: $(cat applied)"
kill -CONT "$child"
replaced() { [ "$("$SHUNT" policy status trace | grep -c 'replaced 1 time')" -eq 2 ]; }
wait_for 30 replaced || fail "$("$SHUNT" policy status trace)"
"$SHUNT" policy status trace >status || fail "$(cat status)"
[ "$(grep -c '^POLICY' status)" -eq 2 ] || fail "$(cat status)"
: >replaced
wait "${servers[-1]}" || fail "status $?: $(cat said)"
proven "$work/trace"
"$SHUNT" report --json --all trace >report.json || fail "no report"
[ "$(json report.json "[p['policy']['in_force'] for p in d['processes']]")" = '[2, 2]' ] ||
  fail "one process counts the other's: $(json report.json "[p['policy'] for p in d['processes']]")"
rules() { # FORKED ROUTE FIELD
  json report.json "[r$3 for p in d['processes'] if p['forked'] == $1
                       for r in p['policy']['rules'] if r['route'] == '$2']"
}
[ "$(rules False pool "['moved']")" = '[25]' ] || fail "parent: $(rules False pool '')"
[ "$(rules True pool "['moved']")" = '[30]' ] || fail "child: $(rules True pool '')"
[ "$(rules False inplace "['calls']")" = '[9]' ] || fail "parent, replaced: $(rules False inplace '')"
[ "$(rules True inplace "['calls']")" = '[7]' ] || fail "child, replaced: $(rules True inplace '')"

# A child that is another program: what its rules ask for by function becomes known when the policy is
# compiled for what it has loaded.
cat >reads.yaml <<'P'
version: 1
rules:
  - id: reads
    match: { call: pread, module: policy_stress, function: work }
    route: pool
P
"$SHUNT" run --policy reads.yaml -o other -- sh -c "$PROGRAMS/policy_stress bytes stop; exit 3" >said 2>&1 &
servers+=($!)
wait_for 30 compgen -G 'other/policy_stress*.shunt' || fail "it did not get there: $(cat said)"
pid=$(basename other/policy_stress*.shunt .shunt)
pid=${pid##*.}
tells() { "$SHUNT" policy status "$pid" >status && grep -q "shunt policy apply FILE $pid" status; }
wait_for 30 tells || fail "it does not say what to do: $(cat status)"
grep -q 'reads: pool, 0 moved' status || fail "$(cat status)"
"$SHUNT" policy apply reads.yaml "$pid" >applied 2>&1 || fail "$(cat applied)"
moves() { "$SHUNT" policy status "$pid" | grep -q 'reads: pool, [1-9]'; }
wait_for 30 moves || fail "it does not move: $("$SHUNT" policy status "$pid")"
: >stop
wait "${servers[-1]}"
[ $? -eq 3 ] || fail "a read went wrong"
