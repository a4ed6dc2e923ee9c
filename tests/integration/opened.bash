# SPDX-License-Identifier: MIT
# What is opened in a way that leads its calls past us is a gap of the report, and opens as bare.
. "$(dirname "$0")/lib.bash"
need python3

cat >"$work/open.py" <<'E2'
import ctypes, os, sys
how, name = sys.argv[1], b"libz.so.1"
if how == "space":
    dlmopen = ctypes.CDLL(None).dlmopen
    dlmopen.restype = ctypes.c_void_p
    print(dlmopen(ctypes.c_long(-1), name, os.RTLD_NOW) is not None)
else:
    mode = os.RTLD_DEEPBIND if how == "deep" else 0
    print(ctypes.CDLL(name.decode(), mode=mode).zlibVersion() != 0)
E2

# gaps_of HOW: leaves them in $gaps
gaps_of() {
  observe /usr/bin/python3 "$work/open.py" "$1" >"$work/out" 2>"$work/err" || fail "$1: $(cat "$work/err")"
  [ "$(cat "$work/out")" = True ] || fail "$1 did not open: $(cat "$work/out")"
  "$SHUNT" report --json "$trace" >"$work/report" || fail "report"
  gaps=$(json "$work/report" '"\n".join(gap for p in d["processes"] for gap in p["gaps"])')
}

gaps_of plain
[[ $gaps != *libz* ]] || fail "an ordinary library is a gap: $gaps"
gaps_of deep
[[ $gaps == *"libz.so.1 was opened with RTLD_DEEPBIND"* ]] || fail "no gap for RTLD_DEEPBIND: $gaps"
gaps_of space
[[ $gaps == *"libz.so.1 was opened in a namespace of its own"* ]] || fail "no gap for a namespace: $gaps"
