# SPDX-License-Identifier: MIT
# The disk of the traces is full, from the start or while running: the program is unharmed, and the
# report says what was lost.
. "$(dirname "$0")/lib.bash"
[ "$(id -u)" -eq 0 ] || skip "needs root to mount a tmpfs"

mkdir "$work/small"
mount -t tmpfs -o size=256k tmpfs "$work/small" 2>/dev/null || skip "cannot mount a tmpfs here"
mounted+=("$work/small")

"$PROGRAMS/many_sites" >"$work/bare" || fail "bare"
"$SHUNT" run -o "$work/small/t" -- "$PROGRAMS/many_sites" >"$work/observed" 2>"$work/err"
status=$?
[ $status -eq 0 ] || fail "status $status: $(cat "$work/err")"
diff "$work/bare" "$work/observed" || fail "output differs"
"$SHUNT" report "$work/small/t" >"$work/report" 2>&1 || fail "report: $(cat "$work/report")"
grep -qi 'lost' "$work/report" || fail "the report does not say what was lost: $(cat "$work/report")"
lost=$("$SHUNT" report --json "$work/small/t" | /usr/bin/python3 -c 'import json, sys
print(sum(v for p in json.load(sys.stdin)["processes"] for v in p["lost"].values()))')
[ "$lost" -gt 0 ] || fail "nothing lost on a full disk?"

head -c 1M /dev/zero >"$work/small/filler" 2>/dev/null
"$SHUNT" run -o "$work/small/t2" -- "$PROGRAMS/many_sites" >"$work/observed" 2>"$work/err"
status=$?
# No room even for the directory is a refusal; else it runs.
[ $status -eq 0 ] || [ $status -eq 125 ] || fail "no room at all: status $status"
[ "$(wc -l <"$work/err")" -ge 1 ] || fail "no room at all, and not a word of it"
[ $status -eq 125 ] || diff "$work/bare" "$work/observed" || fail "output differs"
