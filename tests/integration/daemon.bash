# SPDX-License-Identifier: MIT
# shunt run returns when the process that it started ends, as a shell would; the trace of what goes
# on in the background goes on.
. "$(dirname "$0")/lib.bash"

cd "$work" || exit 1
mkfifo go
# Whoever waited for the daemon would wait for ever: it goes on when we have returned.
observe bash -c 'setsid bash -c "sleep 0.01; read -r go <go; sleep 0.01; echo done >done" </dev/null >/dev/null 2>&1 & exit 5'
[ $? -eq 5 ] || fail "exit status"
proven
echo >go
wait_for 60 test -s done || fail "the daemon died"
[ "$(find "$trace" -name 'sleep.*.shunt' | wc -l)" -eq 2 ] || fail "the daemon was lost: $(ls "$trace")"
