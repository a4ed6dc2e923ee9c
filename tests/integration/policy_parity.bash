# SPDX-License-Identifier: MIT
# A deadline that never comes and a bulkhead with room for all change nothing: the traps of moved calls
# (signals with and without SA_RESTART, cancellation, longjmp and pthread_exit out of a handler, fork,
# SIGPIPE, setuid's broadcast, EINTR in connect) end as bare under a policy that has both.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: timed
    match: { call: [read, readv, write, recv, recvfrom, recvmsg, send, sendto, poll, select, epoll_wait, accept,
                    connect, nanosleep, clock_nanosleep, usleep, msgrcv, msgsnd, semop, waitpid, wait, flock] }
    deadline: 3600s
    bulkhead: { max: 4096, over: deny }
  - id: others
    match: { call: "*" }
    route: pool
    bulkhead: 4096
P
"$SHUNT" policy compile -o block plan.yaml "$BUILD/tests/parity/parity_eintr" >said 2>&1 || fail "$(cat said)"
mkdir trace bare bounded
one() { # DIRECTORY COMMAND...: what it says, and how it ends
  rm -rf "${1:?}"/* && cd "$1" || exit 1
  shift
  timeout -s KILL 40 "$@" 2>&1
  echo "status $?"
}
same() { # PROGRAM ARGUMENTS...
  local program=$BUILD/tests/parity/parity_$1
  shift
  (one bare "$program" "$@" >"$work/bare.out")
  (one bounded env SHUNT_DIR="$work/trace" SHUNT_POLICY="$work/block" LD_PRELOAD="$LIBSHUNT" "$program" "$@" \
    >"$work/bounded.out")
  diff bare.out bounded.out || fail "$program $*"
}
for call in recv poll nanosleep; do
  same eintr $call plain
  same eintr $call restart
done
for shape in deferred exit_in_handler; do same cancel $shape; done
for way in jump exit; do same left_by_handler $way; done
for way in fork busy; do same fork_child_uses_pool $way; done
for what in default handler ignored; do same sigpipe $what; done
same setxid_broadcast
for door in prctl syscall filter; do same seccomp_strict $door; done
same connect_eintr tcp
same handler_makes_calls
same close_during_read
"$SHUNT" report --json --all trace >report.json || fail "no report"
sum() { json report.json "sum($1 for p in d['processes'] if 'policy' in p for r in p['policy']['rules'])"; }
[ "$(sum "r['moved']")" -ge 20 ] || fail "only $(sum "r['moved']") calls were moved"
[ "$(sum "r['expired'] + r['denied']")" -eq 0 ] || fail "some were late or denied"
