# SPDX-License-Identifier: MIT
# Pairs of runs: the table, what is read and written, the exit status, one trace, and a clean stop.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

compare() { # STATUS N OUTPUT-DIRECTORY COMMAND...
  local status=$1 pairs=$2 dir=$3
  shift 3
  "$SHUNT" run --compare "$pairs" -o "$dir" -- "$@" </dev/zero >out 2>err
  local got=$?
  [ $got -eq "$status" ] || fail "--compare of $*: status $got and not $status: $(cat out err)"
}

says() { # TEXT
  tr -s ' \n' ' ' <out | grep -qF -- "$1" || fail "the table does not say '$1': $(cat out err)"
}

# the command reads /dev/null, writes nowhere, ends as it ends; the last observed run's trace stays
compare 3 2 trace sh -c 'cat; echo text; echo more >&2; echo x >>count; exit 3'
says '2 pairs'
says 'wall time'
says 'CPU time'
says 'peak memory'
says 'ended with status 3; the same output'
[ "$(wc -l <count)" -eq 5 ] || fail "not a warm-up and two pairs: $(wc -l <count) runs"
! grep -qE '^(text|more)$' out err || fail "the command's output was not thrown away"
[ ! -s err ] || fail "stderr: $(cat err)"
[ "$(find trace -name '*.shunt' | wc -l)" -eq "$(find trace -name 'sh.*.shunt' -o -name 'cat.*.shunt' | wc -l)" ] ||
  fail "other files: $(ls trace)"
[ "$(find trace -name 'sh.*.shunt' | wc -l)" -eq 1 ] || fail "not one run's traces: $(ls trace)"
report trace >/dev/null || fail "the trace that was left cannot be read"
proven trace

# order of the pairs: bare, bare observed, observed bare
compare 0 2 order sh -c 'case $(cat /proc/self/maps) in *libshunt*) printf o ;; *) printf b ;; esac >>order.txt'
[ "$(cat order.txt)" = bboob ] || fail "order $(cat order.txt)"

# it tells what differs
rm -f count
compare 125 1 differ sh -c 'echo x >>count; exit $(($(wc -l <count) == 3))'
says 'THE ENDS DIFFER'
compare 0 1 pid sh -c 'echo $$'
says 'differs from run to run, bare ones too'
compare 0 1 seen sh -c 'grep -c libshunt /proc/self/maps | head -c 1 | tr -d 0; true'
says 'in 1 of 1 observed runs it wrote something else'
compare 143 1 killed sh -c 'kill -TERM $$'
says 'ended with SIGTERM'

# CPU time is the command's and its children's: a loop that burns it is seen in both columns
compare 0 1 cpu sh -c 'sh -c "i=0; while [ \$i -lt 200000 ]; do i=\$((i+1)); done"'
grep -qE '^CPU time +([2-9][0-9]|[1-9][0-9]{2})[.0-9]* ms +|^CPU time +[0-9.]+ s ' out || fail "CPU time: $(cat out)"

# what cannot be started or observed
compare 127 2 none ./missing
[ ! -e none ] || fail "left a directory behind"
compare 125 2 static "$PROGRAMS/hello_static"
grep -q 'nothing to compare' err || fail "static: $(cat err)"
for wrong in 0 101 x; do
  "$SHUNT" run --compare $wrong -- touch started 2>/dev/null
  [ $? -eq 125 ] && [ ! -e started ] || fail "--compare $wrong was taken"
done

# SIGINT: the run on its way is told, the table has the pairs that are complete
cat >slow.sh <<'S'
echo x >>begun
[ "$(wc -l <begun)" -lt 4 ] || exec sleep 7321
S
"$SHUNT" run --compare 50 -o stopped -- sh slow.sh >out 2>err &
run=$!
servers+=("$run")
fourth() { [ "$(wc -l <begun)" -ge 4 ]; }
wait_for 60 fourth || fail "no fourth run"
kill -TERM "$run"
wait "$run"
status=$?
[ $status -eq 143 ] || fail "stopped: status $status: $(cat out err)"
says 'Stopped by SIGTERM after 1 of 50 pairs'
says '1 pair'
is_gone() { ! pgrep -f "sleep 7321" >/dev/null; }
wait_for 20 is_gone || fail "the command was left running"
