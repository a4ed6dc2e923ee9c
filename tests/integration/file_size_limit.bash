# SPDX-License-Identifier: MIT
# Under RLIMIT_FSIZE the program gets no signal that it would not get, and what was
# lost is said.
. "$(dirname "$0")/lib.bash"

for limit in 'ulimit -f 2048' 'ulimit -f 128' 'ulimit -f 1'; do
  rm -rf "$work/t"
  (eval "$limit" && exec "$PROGRAMS/many_sites") 2>&1 | cat >"$work/bare"
  [ "${PIPESTATUS[0]}" -eq 0 ] || fail "$limit: not even bare"
  (
    eval "$limit"
    exec "$SHUNT" run -o "$work/t" -- "$PROGRAMS/many_sites"
  ) 2>"$work/err" | cat >"$work/observed"
  status=${PIPESTATUS[0]}
  [ "$status" -eq 0 ] || fail "$limit: status $status: $(cat "$work/err")"
  diff "$work/bare" "$work/observed" || fail "$limit: output differs"
  if "$SHUNT" report "$work/t" >"$work/report" 2>&1; then
    echo "$limit: $(sed -n 2p "$work/report")"
  else
    [ "$(wc -l <"$work/report")" -eq 1 ] || fail "$limit: report: $(cat "$work/report")"
    [ -s "$work/err" ] || fail "$limit: not observed, and not a word of it"
  fi
done
# The limit still stands where the program itself runs into it.
(
  ulimit -f 100
  exec "$SHUNT" run -o "$work/t3" -- bash -c 'trap "" XFSZ; head -c 1000000 /dev/zero >'"$work/big"'; echo $?'
) >"$work/out" 2>/dev/null
grep -qx 1 "$work/out" || fail "the program's own limit: $(cat "$work/out")"
