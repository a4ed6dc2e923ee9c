# SPDX-License-Identifier: MIT
# What cannot be printed is no success: on a full disk every command says so in one sentence, and a
# reader that has seen enough ends it silently, as every Unix command.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: naps
    match: { call: nanosleep }
    route: inplace
P
"$SHUNT" run -o trace -- sleep 0.2 || fail "status $?"
"$SHUNT" report --json trace >report.json || fail "no report"
site=$(json report.json 'd["processes"][0]["sites"][0]["id"]')

full() { # STATUS COMMAND...
  local wanted=$1
  shift
  "$SHUNT" "$@" </dev/null >/dev/full 2>said
  local got=$?
  [ $got -eq "$wanted" ] || fail "$*: status $got, not $wanted: $(cat said)"
  [ "$(cat said)" = "shunt${1:+ $1}: standard output cannot be written: No space left on device" ] ||
    fail "$*: $(cat said)"
}
full 1 report trace
full 1 report --json trace
full 1 report --by library trace
full 1 report --help
full 1 site "$site" trace
full 1 site --json "$site" trace
full 1 diff trace trace
full 1 diff --json trace trace
full 1 policy init trace
full 1 policy check plan.yaml
full 1 policy explain plan.yaml "$site" trace
full 1 progress --policy plan.yaml trace
full 1 progress --json --policy plan.yaml trace
full 2 gate --policy plan.yaml trace # it cannot be told: not the same as "it fails"
full 2 gate --json --policy plan.yaml trace
full 125 compare -n 1 -- true
full 1 calls
full 1 calls --json
full 1 doctor /bin/sleep
full 1 ps --json
"$SHUNT" --version >/dev/full 2>said && fail "--version: $(cat said)"
[ "$(cat said)" = 'shunt: standard output cannot be written: No space left on device' ] || fail "--version: $(cat said)"

"$SHUNT" calls --json 2>said | head -1 >/dev/null
[ "${PIPESTATUS[0]}" -eq 141 ] && [ ! -s said ] || fail "a reader that goes: $(cat said)"
(
  trap '' PIPE
  "$SHUNT" calls --json 2>said | head -1 >/dev/null
  [ "${PIPESTATUS[0]}" -eq 1 ]
) || fail "with SIGPIPE ignored: no failure"
grep -qx 'shunt calls: standard output cannot be written: Broken pipe' said || fail "with SIGPIPE ignored: $(cat said)"
