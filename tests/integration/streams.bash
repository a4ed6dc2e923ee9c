# SPDX-License-Identifier: MIT
# We hold none of the program's streams: its reader sees the end when the program closes, and its
# standard input is its own.
. "$(dirname "$0")/lib.bash"

# The program closes stdout and goes on for two seconds; cat must end before it.
start=$(date +%s%N)
"$SHUNT" run -o "$work/t1" -- bash -c 'echo early; exec >&-; sleep 2' | cat >"$work/out"
end=$(date +%s%N)
[ "$(cat "$work/out")" = early ] || fail "output lost"
exec 9> >(cat >"$work/nine"; date +%s%N >"$work/nine.end")
"$SHUNT" run -o "$work/t2" -- bash -c 'echo nine >&9; exec 9>&-; exec sleep 2' &
exec 9>&-
begin=$(date +%s%N)
wait_for 1 test -s "$work/nine.end" || fail "we keep an inherited descriptor open"
wait
/usr/bin/python3 - "$SHUNT" "$work" <<'P' || fail "reader of stdout"
import subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "run", "-o", sys.argv[2] + "/t3", "--", "bash", "-c",
                      "echo early; exec >&-; exec sleep 2"], stdout=subprocess.PIPE)
start = time.time()
assert p.stdout.read() == b"early\n"
assert time.time() - start < 1.5, "the reader waited for shunt"
assert p.wait() == 0
P
[ "$(printf 'a\nb\nc\n' | "$SHUNT" run -o "$work/t4" -- bash -c 'read -r x; exec cat')" = "b
c" ] || fail "standard input"
[ "$(printf 'a\nb\n' | { "$SHUNT" run -o "$work/t5" -- head -c 0; cat; })" = "a
b" ] || fail "we read standard input"
