# SPDX-License-Identifier: MIT
# An LD_PRELOAD of the user's still works, and the program sees the variable as it was.
. "$(dirname "$0")/lib.bash"

LD_PRELOAD=$PROGRAMS/libmarker.so bash -c 'echo "$MARKER $LD_PRELOAD"' >"$work/bare" || fail "bare"
grep -q "^marked $PROGRAMS/libmarker.so$" "$work/bare" || fail "the marker library does not work"
runs=1 trace=$work/trace.1
# The variable goes to the program alone: shunt itself needs no marker.
"$SHUNT" run -o "$trace" -- env LD_PRELOAD="$PROGRAMS/libmarker.so" \
  bash -c 'echo "$MARKER $LD_PRELOAD"' >"$work/inside" || fail "inside"
diff "$work/bare" "$work/inside" || fail "set by the program for its child"
LD_PRELOAD=$PROGRAMS/libmarker.so "$SHUNT" run -o "$work/trace.2" -- \
  bash -c 'echo "$MARKER $LD_PRELOAD"' >"$work/outside" || fail "outside"
diff "$work/bare" "$work/outside" || fail "set for shunt run"
proven "$work/trace.2"
