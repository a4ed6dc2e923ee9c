# SPDX-License-Identifier: MIT
# Under RLIMIT_AS the trace takes no room that the program needs.
. "$(dirname "$0")/lib.bash"

for limit in 400000 200000 120000 80000; do
  (ulimit -v $limit && exec "$PROGRAMS/many_sites") >"$work/bare" || fail "$limit: not even bare"
  rm -rf "$work/t"
  (
    ulimit -v $limit
    exec "$SHUNT" run -o "$work/t" -- "$PROGRAMS/many_sites"
  ) >"$work/observed" 2>"$work/err" || fail "ulimit -v $limit: status $?: $(cat "$work/err")"
  diff "$work/bare" "$work/observed" || fail "ulimit -v $limit: output differs"
done
