# SPDX-License-Identifier: MIT
# Other preloaded libraries, before us and after us: those that replace malloc, time, files and
# identity.
. "$(dirname "$0")/lib.bash"

# elsewhere COMMAND...: in an empty directory; output must be that of the bare run.
elsewhere() {
  rm -rf "$work/elsewhere" && mkdir "$work/elsewhere"
  (cd "$work/elsewhere" && exec "$@") >"$work/out" 2>"$work/err" </dev/null
  local status=$?
  [ $status = "$(cat "$work/bare.status")" ] || fail "$*: status $status: $(cat "$work/err")"
  same_filter <"$work/out" | diff "$work/bare.out" - || fail "$*: another output"
}

with() { # LIBRARY COMMAND...: in the program's hands, in ours, and in both orders by hand
  local library=$1 order
  shift
  same env LD_PRELOAD="$library" "$@"
  elsewhere env LD_PRELOAD="$library" "$SHUNT" run -o "$work/outside" -- "$@"
  proven "$work/outside"
  rm -rf "$work/outside"
  for order in "$LIBSHUNT:$library" "$library $LIBSHUNT"; do
    mkdir "$work/by_hand"
    elsewhere env LD_PRELOAD="$order" SHUNT_DIR="$work/by_hand" "$@"
    [ -n "$(ls "$work/by_hand")" ] || fail "LD_PRELOAD=$order: not observed"
    rm -rf "$work/by_hand"
  done
}

same_filter() { cat; }
tested=0
# One that replaces dlsym, and so stands between libc and whoever asks.
with "$PROGRAMS/libown_dlsym.so" "$PROGRAMS/asks" handle "$PROGRAMS/libasks_plug_in.so"
with "$PROGRAMS/libown_dlsym.so" /usr/bin/python3 -c 'import ctypes, os
print(ctypes.CDLL(None).getpid() == os.getpid(), os.listdir("."))'
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libeatmydata.so; do
  LD_PRELOAD=$library true 2>&1 | grep -q . && continue
  with "$library" "$PROGRAMS/sanitized_plain"
  with "$library" /usr/bin/python3 -c 'import os, threading
for i in range(20):
    t = threading.Thread(target=lambda: [os.stat("/") for _ in range(50)])
    t.start()
    t.join()
with open("file", "w") as f:
    f.write("x" * 100000)
    os.fsync(f.fileno())
print(os.environ["LD_PRELOAD"], sorted(os.listdir(".")))
os.unlink("file")'
  tested=$((tested + 1))
done

faketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null)
if [ -n "$faketime" ]; then
  # A clock that stands still: nothing of ours may wait for it to move.
  export FAKETIME='2020-01-02 03:04:05'
  with "$faketime" date
  FAKETIME='@2020-01-02 03:04:05 x1000'
  with "$faketime" date +%Y
  unset FAKETIME
  tested=$((tested + 1))
fi
if command -v fakeroot >/dev/null; then
  same_filter() { sed -E 's/(FAKEROOTKEY=).*/\1/'; }
  identity='id -u; touch f; chown 5:6 f; stat -c "%u %g" f; env | grep -E "^(LD_|SHUNT|FAKE)"; exit 7'
  same fakeroot bash -c "$identity"
  fakeroot "$SHUNT" run -o "$work/fakeroot" -- bash -c "cd $work; $identity" >"$work/out"
  [ $? -eq 7 ] || fail "shunt under fakeroot: $(cat "$work/out")"
  same_filter <"$work/out" | diff "$work/bare.out" - || fail "shunt under fakeroot: another output"
  tested=$((tested + 1))
fi

# Lists are given back to the letter, and in their place.
LD_PRELOAD=" $PROGRAMS/libmarker.so:$PROGRAMS/libmarker.so" env A=1 env >"$work/bare"
LD_PRELOAD=" $PROGRAMS/libmarker.so:$PROGRAMS/libmarker.so" "$SHUNT" run -o "$work/letter" -- env A=1 env >"$work/observed"
diff <(grep -v '^_=' "$work/bare") <(grep -v '^_=' "$work/observed") || fail "the environment differs"
LD_PRELOAD='' same env
[ $tested -ge 3 ] || skip "only $tested of five libraries are installed; the others were tested"
