# SPDX-License-Identifier: MIT
# We hold none of the program's streams: its reader sees the end when the program closes, and its
# standard input is its own.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1
mkfifo go

# The program closes stdout and goes on until it is told; its reader must come to an end before.
{
  "$SHUNT" run -o t1 -- bash -c 'echo early; exec >&-; read -r go <go' | {
    cat >out
    : >out.end
  }
} &
wait_for 30 test -e out.end || fail "the reader waits for shunt"
[ "$(cat out)" = early ] || fail "output lost"
echo >go
wait
exec 9> >(
  cat >nine
  : >nine.end
)
"$SHUNT" run -o t2 -- bash -c 'echo nine >&9; exec 9>&-; read -r go <go' &
exec 9>&-
wait_for 30 test -e nine.end || fail "we keep an inherited descriptor open"
[ "$(cat nine)" = nine ] || fail "output lost"
echo >go
wait
[ "$(printf 'a\nb\nc\n' | "$SHUNT" run -o t4 -- bash -c 'read -r x; exec cat')" = "b
c" ] || fail "standard input"
[ "$(printf 'a\nb\n' | { "$SHUNT" run -o t5 -- head -c 0; cat; })" = "a
b" ] || fail "we read standard input"
