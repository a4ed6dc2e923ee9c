# SPDX-License-Identifier: MIT
# bulkhead: so many calls of a rule are under way at a time, the others are denied or run in place, and
# none waits; the count is right after calls that were left by longjmp, pthread_exit, cancellation and
# fork, and when the policy is replaced meanwhile.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

plan() { # ROUTE BULKHEAD
  cat <<P
version: 1
rules:
  - id: few
    match: { call: read, module: crowded, function: take }
    route: $1
    bulkhead: $2
P
}
run() { # NAME ARGUMENTS...
  local name=$1
  shift
  timeout 60 "$SHUNT" run --policy plan.yaml -o "trace.$name" -- "$PROGRAMS/crowded" "$@" >said 2>err ||
    fail "$name: status $?: $(cat said err)"
}
in_child='in the child 2, here 1'
printf '%s\n' 'jump: 2' 'exit: 2' 'cancel: 2' "$in_child" "$in_child" "$in_child" 'fork: 2' >left
for route in pool inplace; do
  { plan "$route" '{ max: 2, over: deny }'; echo '    deny: EBUSY'; } >plan.yaml
  run "$route" together
  [ "$(cat said)" = '2 2' ] || fail "$route: $(cat said) at a time, not 2"
  "$SHUNT" report --json "trace.$route" >report.json || fail "no report"
  [ "$(json report.json "d['processes'][0]['policy']['rules'][0]['denied']")" -eq 8 ] ||
    fail "$route: $(json report.json "d['processes'][0]['policy']")"
  run "$route.left" left jump exit cancel fork
  diff left said || fail "$route: a call that was left counts still"
done

# In place instead: nobody is refused, and two at a time are moved.
plan pool 2 >plan.yaml
run over together in
[ "$(cat said)" = '6 6' ] || fail "in place: $(cat said)"
"$SHUNT" report --json trace.over >report.json || fail "no report"
rule() { json report.json "d['processes'][0]['policy']['rules'][0]$1"; }
[ "$(rule "['moved']")" -eq 4 ] && [ "$(rule "['in_place'].get('bulkhead', 0)")" -eq 8 ] || fail "$(rule)"
[ "$(rule "['calls']")" -eq 12 ] || fail "$(rule)"

# Replaced while two are under way: they count under the new one, and so does a lower bound.
{ plan pool '{ max: 2, over: deny }'; echo '    deny: EBUSY'; } >plan.yaml
"$SHUNT" run --policy plan.yaml -o trace -- "$PROGRAMS/crowded" hold go lower >said 2>err &
servers+=($!)
wait_for 20 grep -q held said || fail "$(cat said err)"
{ plan pool '{ max: 2, over: deny }'; echo '    deny: EBUSY'; echo '    reason: another'; } >other.yaml
"$SHUNT" policy apply other.yaml trace >applied 2>&1 || fail "$(cat applied)"
: >go
wait_for 20 grep -q afterwards said || fail "$(cat said err)"
"$SHUNT" policy status trace >status || fail "no status"
grep -q 'few: pool, [0-9]* moved, 4 denied, 0 in place' status || fail "$(cat status)"
sed 's/max: 2/max: 1/' plan.yaml >lower.yaml
"$SHUNT" policy apply lower.yaml trace >applied 2>&1 || fail "$(cat applied)"
: >lower
wait "${servers[-1]}" || fail "status $?: $(cat said err)"
unset 'servers[-1]'
printf '%s\n' held 'with two under way: 0' 1 1 'afterwards: 2' 'with a lower bound: 1' >wanted
diff wanted said || fail "the count is not carried over"
