# SPDX-License-Identifier: MIT
# What is opened or looked up in a way that leads calls past us is a gap of the report, and works as bare.
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

# A function that is looked up is either ours, and its call is counted, or it is not, and that is a gap.
for way in next default main version handle plug-in library; do
  "$PROGRAMS/asks" $way "$PROGRAMS/libasks_plug_in.so" >"$work/bare" || fail "$way: status $? bare"
  observe "$PROGRAMS/asks" $way "$PROGRAMS/libasks_plug_in.so" >"$work/out" || fail "$way: status $?"
  diff "$work/bare" "$work/out" || fail "$way: another answer than bare"
  "$SHUNT" report --json "$trace" >"$work/report" || fail "report"
  gaps=$(json "$work/report" '"\n".join(gap for p in d["processes"] for gap in p["gaps"])')
  case $way in
    next | default | main) expected=1 asker= ;;
    version | handle) expected=0 asker="asks looked up poll past us" ;;
    plug-in) expected=0 asker= ;;
    library) expected=0 asker="libasks_library.so looked up poll past us" ;;
  esac
  [ "$(total "$trace" poll calls)" = $expected ] || fail "$way: counted $(total "$trace" poll calls)"
  if [ -n "$asker" ]; then
    [[ $gaps == *"$asker: its own calls through it are not seen"* ]] || fail "$way: no gap: $gaps"
  else
    [[ $gaps != *"asks looked up"* ]] || fail "$way: a gap: $gaps"
  fi
done

# One gap a library, with all that it asked for.
cat >"$work/many.py" <<'E2'
import ctypes, sys
libc = ctypes.CDLL("libc.so.6")
for name in sys.argv[1:] * 2:
    libc[name]
libc.strlen, ctypes.CDLL(None).accept
E2
observe /usr/bin/python3 "$work/many.py" poll read write || fail "many.py"
[ "$("$SHUNT" report --json "$trace" | grep -c 'past us')" = 1 ] || fail "not one gap a library"
"$SHUNT" report --json "$trace" | grep -q '_ctypes[^ ]* looked up poll, read, write past us: its own calls through them are' ||
  fail "not all are named"
observe /usr/bin/python3 "$work/many.py" poll read write send recv sendto recvfrom accept connect sleep \
  usleep nanosleep fsync fdatasync select || fail "many.py"
"$SHUNT" report --json "$trace" | grep -q 'nanosleep and others past us' || fail "no end to the names"
