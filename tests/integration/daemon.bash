# SPDX-License-Identifier: MIT
# shunt run returns when the process that it started ends, as a shell would; the trace of what goes
# on in the background goes on.
. "$(dirname "$0")/lib.bash"

start=$SECONDS
observe bash -c 'setsid bash -c "sleep 2; sleep 0.2; echo done >'"$work"'/done" </dev/null >/dev/null 2>&1 & exit 5'
[ $? -eq 5 ] || fail "exit status"
[ $((SECONDS - start)) -lt 2 ] || fail "we waited for the daemon"
proven
wait_for 10 test -e "$work/done" || fail "the daemon died"
sleep 0.2
[ "$(find "$trace" -name 'sleep.*.shunt' | wc -l)" -eq 2 ] || fail "the daemon was lost: $(ls "$trace")"
