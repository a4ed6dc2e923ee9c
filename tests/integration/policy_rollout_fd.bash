# SPDX-License-Identifier: MIT
# rollout_by: fd, in a process: all calls on one descriptor are in the share, or none is; the share is
# about what the rule says; and 0 % and 100 % are that.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

share() { # PERCENT
  cat >plan.yaml <<P
version: 1
rules:
  - id: part
    match: { call: read, module: shares }
    route: deny
    rollout: $1%
    rollout_by: fd
P
  "$SHUNT" run --policy plan.yaml -o "trace.$1" -- "$PROGRAMS/shares" >said 2>err || fail "$(cat err)"
  read -r all none mixed <said
  [ "$mixed" -eq 0 ] || fail "at $1 %: $mixed descriptors now and then"
  "$SHUNT" report --json "trace.$1" >report.json || fail "no report"
  rule() { json report.json "d['processes'][0]['policy']['rules'][0]$1"; }
  [ "$(rule "['denied']")" -eq $((10 * all)) ] || fail "at $1 %: $(rule), $all descriptors"
  [ "$(rule "['in_place'].get('rollout', 0)")" -eq $((10 * none)) ] || fail "at $1 %: $(rule), $none"
}
share 0
[ "$all" -eq 0 ] || fail "at 0 %: $all"
share 100
[ "$none" -eq 0 ] || fail "at 100 %: $none"
share 30
[ "$all" -ge 30 ] && [ "$all" -le 95 ] || fail "at 30 %: $all of 200"
