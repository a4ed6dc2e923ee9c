# SPDX-License-Identifier: MIT
# route: deny: calls of every convention fail with the rule's error and are not made; those that cannot
# fail, and those that are only told, are made; all are counted by rule and site.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: told
    match: { call: open, module: denied, function: only_counted }
    route: deny
    deny: log
  - id: refused
    match: { call: [mkdir, fopen, posix_fallocate, getaddrinfo, readlink], module: denied }
    route: deny
    deny: EPERM
  - id: no-sleep
    match: { family: time, module: denied }
    route: deny
P
"$PROGRAMS/denied" >bare 2>&1 || fail "bare: $(cat bare)"
rmdir made || fail "bare it makes nothing: $(cat bare)"
"$SHUNT" run --policy plan.yaml -o trace -- "$PROGRAMS/denied" >said 2>err || fail "status $?: $(cat err)"
proven "$work/trace"
cat >wanted <<'W'
mkdir -1 EPERM
fopen 0 EPERM
posix_fallocate 1 0
getaddrinfo -11 EPERM
found 1 0
readlink -1 EPERM
nanosleep -1 EACCES
sleep 0 0
slept 1 0
open 1 ENOTTY
open -1 ENOENT
in a handler 0 EPERM
in a child 0 EPERM
in a vfork child 0 EPERM
cancelled 1 0
made -1 0
W
diff wanted said || fail "it was told another thing"
[ ! -e made ] || fail "a denied call was made"

"$SHUNT" report --json --all trace >report.json || fail "no report"
rule() { json report.json "sum(r$2 for p in d['processes'] for r in p.get('policy', {}).get('rules', []) if r['id'] == '$1')"; }
# In the child of vfork, too, which is its parent's thread.
[ "$(rule refused "['denied']")" -eq 8 ] || fail "refused: $(rule refused "['denied']")"
[ "$(rule refused "['calls']")" -eq 8 ] || fail "refused: $(rule refused "['calls']")"
[ "$(rule told "['in_place'].get('denied', 0)")" -eq 2 ] || fail "told: $(rule told "['calls']")"
[ "$(rule told "['denied']")" -eq 0 ] || fail "told and denied"
[ "$(rule no-sleep "['in_place'].get('denied', 0)")" -eq 1 ] || fail "sleep is not counted"
[ "$(rule no-sleep "['denied']")" -ge 1 ] || fail "sleeps are not counted"
sites=$(json report.json "sum(s['routed']['denied'] for p in d['processes'] for s in p['sites'] if 'routed' in s)")
rules=$(json report.json "sum(r['denied'] for p in d['processes'] if 'policy' in p for r in p['policy']['rules'])")
[ "$sites" -eq "$rules" ] || fail "$sites denied by site, $rules by rule"
"$SHUNT" report trace >page
grep -q 'refused: deny, [67] denied, 0 in place' page || fail "$(cat page)"
grep -q 'told: deny, 0 denied, 2 in place' page || fail "$(cat page)"
"$SHUNT" policy explain plan.yaml --call mkdir --module denied | grep -q 'deny with EPERM' || fail "explain"
