# SPDX-License-Identifier: MIT
# Some seconds of scripts/soak: nothing wrong, nobody stuck, no worker left, calls moved.
. "$(dirname "$0")/lib.bash"
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/scripts/soak" --seconds 4 --seed 7 --build "$BUILD" >"$work/out" 2>&1
status=$?
cat "$work/out"
[ $status = 0 ] || fail "scripts/soak ended with $status"
grep -qE '^mixed: 4 s, [0-9]{4,} steps, [0-9]{2,} signals' "$work/out" || fail "hardly any load"
