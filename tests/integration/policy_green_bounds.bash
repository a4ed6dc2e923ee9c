# SPDX-License-Identifier: MIT
# deadline and bulkhead of a rule with route: green: parked calls fail in time while other green threads
# run, no more are under way than the rule says, and a call that only a worker can make ends, too.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: bounded
    match: { call: [read, nanosleep, waitpid], module: green_bounded }
    route: green
    deadline: 200ms
    bulkhead: { max: 2, over: deny }
    deny: EBUSY
P
cat >wanted <<'W'
reads: 2 late, 2 denied, 0 made
reads again: 2 late, 2 denied, 0 made
sleeps: 2 late, 2 denied, 0 made
one child: 1 late, 0 denied, 0 made
in time: 0 late, 0 denied, 2 made
W
program=$BUILD/tests/green/green_bounded
for stack in own shared; do
  "$SHUNT" run --policy plan.yaml -o "trace.$stack" -- "$program" $stack >said 2>err ||
    fail "$stack: status $?: $(cat said err)"
  diff wanted said || fail "$stack"
  "$SHUNT" report --json "trace.$stack" >report.json || fail "no report"
  rule() { json report.json "d['processes'][0]['policy']['rules'][0]$1"; }
  [ "$(rule "['expired']")" -eq 7 ] && [ "$(rule "['denied']")" -eq 6 ] || fail "$stack: $(rule)"
done
