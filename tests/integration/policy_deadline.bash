# SPDX-License-Identifier: MIT
# deadline: calls that would wait for ever fail with ETIMEDOUT when their time is over, nothing is
# written to their buffers afterwards, and the input that comes then is the next call's.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: late
    match: { call: [poll, select, epoll_wait, read, recv, recvmsg, connect, accept, nanosleep, clock_nanosleep,
                    flock, semop, msgrcv, waitpid], module: late }
    deadline: 100ms
P
calls="poll select epoll_wait read recv recvmsg connect accept nanosleep clock_nanosleep flock semop msgrcv
  waitpid interrupted"
for call in $calls; do echo "$call: -1 ETIMEDOUT, in time, nothing lost"; done >wanted
echo "in_time: 7 0, in time, nothing lost" >>wanted
timeout 100 "$SHUNT" run --policy plan.yaml -o trace -- "$PROGRAMS/late" $calls in_time >said 2>err ||
  fail "status $?: $(cat said err)"
diff wanted said || fail "not as it should be"
proven "$work/trace"
"$SHUNT" report --json --all trace >report.json || fail "no report"
expired=$(json report.json "sum(r['expired'] for p in d['processes'] if 'policy' in p for r in p['policy']['rules'])")
sites=$(json report.json "sum(s['routed']['expired'] for p in d['processes'] for s in p['sites'] if 'routed' in s)")
[ "$expired" -eq 15 ] && [ "$sites" -eq 15 ] || fail "$expired by rule, $sites by site"
"$SHUNT" report trace | grep -q '15 of them ended by its deadline' || fail "the report does not say"

# Without the deadline they do wait.
sed 's/deadline: 100ms/route: pool/' plan.yaml >waits.yaml
timeout 2 "$SHUNT" run --policy waits.yaml -o trace.waits -- "$PROGRAMS/late" poll >said 2>&1
[ $? -eq 124 ] || fail "it does not wait: $(cat said)"
"$SHUNT" policy explain plan.yaml --call poll --module late | grep -q 'pool, deadline 100 ms' || fail "explain"
