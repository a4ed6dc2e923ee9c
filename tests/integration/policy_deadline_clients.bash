# SPDX-License-Identifier: MIT
# deadline, with clients from Debian and servers that never answer: a DNS client whose server is silent
# (15 s bare), ssh's connect, and redis-cli's and libpq's waits for a connection (2 minutes bare) end
# in time, with the words that they have for it.
. "$(dirname "$0")/lib.bash"
need drill redis-cli psql ssh
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: resolver
    match: { call: [poll, recvfrom], via: "libldns.so*" }
    deadline: 200ms
  - id: database
    match: { call: poll, via: "libpq.so*" }
    deadline: 300ms
  - id: cache
    match: { call: poll, executable: redis-cli }
    deadline: 300ms
  - id: shell
    match: { call: connect, module: ssh, fd: "tcp:127.0.0.1:*" }
    deadline: 300ms
P
# A UDP socket that is silent; a listening one whose queue is full.
/usr/bin/python3 - >ports <<'P' &
import socket, time
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 0))
full = socket.socket()
full.bind(("127.0.0.1", 0))
full.listen(0)
waiting = []
for i in range(4):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(full.getsockname())
    waiting.append(one)
print(silent.getsockname()[1], full.getsockname()[1], flush=True)
time.sleep(600)
P
servers+=($!)
wait_for 20 test -s ports
read -r silent full <ports

late() { # NAME WORDS RULE COMMAND...: it fails, with the words, because of the rule
  local name=$1 words=$2 rule=$3 status
  shift 3
  timeout 60 "$SHUNT" run --policy plan.yaml -o "trace.$name" -- "$@" >said 2>&1 </dev/null
  status=$?
  [ $status -ne 0 ] && [ $status -ne 124 ] || fail "$name: status $status: $(cat said)"
  grep -qi "$words" said || fail "$name: $(cat said)"
  "$SHUNT" report --json "trace.$name" >report.json || fail "no report"
  [ "$(json report.json "sum(r['expired'] for r in d['processes'][0]['policy']['rules'] if r['id'] == '$rule')")" -ge 1 ] ||
    fail "$name: $(json report.json "d['processes'][0]['policy']")"
}
late drill 'network error' resolver drill -p "$silent" @127.0.0.1 example.org
late psql 'timed out' database psql -h 127.0.0.1 -p "$full" -c 'select 1'
late redis 'timed out' cache redis-cli -h 127.0.0.1 -p "$full" ping
late ssh 'timed out' shell ssh -F none -o BatchMode=yes -p "$full" nobody@127.0.0.1 true
