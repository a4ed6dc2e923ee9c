# SPDX-License-Identifier: MIT
# When all is well nothing is on stderr, unless it is a terminal: then one line that leads on.
. "$(dirname "$0")/lib.bash"
need script

observe true >"$work/out" 2>"$work/err" || fail "run"
[ ! -s "$work/err" ] && [ ! -s "$work/out" ] || fail "not silent: $(cat "$work/out" "$work/err")"
proven
script -qec "$SHUNT run -o $work/tty -- true" /dev/null >"$work/typed" </dev/null || fail "script"
[ "$(wc -l <"$work/typed")" -eq 1 ] || fail "not one line: $(cat "$work/typed")"
grep -q "^shunt: trace in $work/tty; next: shunt report $work/tty" "$work/typed" ||
  fail "the closing line is $(cat "$work/typed")"
