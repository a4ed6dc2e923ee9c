# SPDX-License-Identifier: MIT
# A policy replaced while redis runs: its fsync stays, then a quarter of it moves, then all, and then
# shunt is off, all without a restart; what is wrong leaves the policy before it in force. The keys
# are there in the end.
. "$(dirname "$0")/lib.bash"
need redis-server redis-benchmark
cd "$work" || exit 1

cat >plan.yaml <<'P'
version: 1
rules:
  - id: wal
    match: { call: fdatasync, module: redis-server, function: flushAppendOnlyFile, fd: "file:*.aof" }
    route: pool
    rollout: 0%
    rollout_by: time
P
port=$(free_port)
mkdir data
"$SHUNT" run --policy plan.yaml -o trace -- redis-server --bind 127.0.0.1 --port "$port" --save '' \
  --dir "$work/data" --appendonly yes --appendfsync always >log 2>&1 &
servers+=($!)
wait_for 30 redis-cli -p "$port" ping || fail "no server: $(cat log)"
server=$(redis-cli -p "$port" info server | sed -n 's/^process_id:\([0-9]*\).*/\1/p')

writes=0
write() { # COUNT: keys, one fsync each
  local i
  for ((i = 0; i < $1; i++)); do echo "set key:$((writes + i)) value:$((writes + i))"; done |
    redis-cli -p "$port" >/dev/null || fail "the server does not write"
  writes=$((writes + $1))
}
apply() { # FILE [DIR|PID]
  "$SHUNT" policy apply "$@" >said 2>&1
}
figures() { # calls, moved: of the rule, by the policy in force
  "$SHUNT" policy status "$server" >status || fail "no status: $(cat status)"
  moved=$(sed -n 's/,//g; s/.*wal: [a-z]*\( [0-9.]*%\)* \([0-9]*\) moved.*/\2/p' status)
  kept=$(sed -n 's/,//g; s/.*wal: [a-z]*\( [0-9.]*%\)* [0-9]* moved \([0-9]*\) in place.*/\2/p' status)
}
write 300
figures
[ "$moved" -eq 0 ] && [ "$kept" -ge 300 ] || fail "at 0 %: $(cat status)"

# A quarter of the time, in slices of a second: until both were seen.
sed 's/0%/25%/' plan.yaml >quarter.yaml
{ write 20; } &
apply quarter.yaml trace || fail "$(cat said)"
wait $!
write 20
figures
[ $((moved + kept)) -ge 20 ] || fail "not taken over: $(cat status; cat said)"
grep -q 'wal: pool 25%, ' status || fail "the share is not told: $(cat status)"
both() { write 20; figures; [ "$moved" -gt 0 ] && [ "$kept" -gt 0 ]; }
wait_for 60 both || fail "at 25 %: $(cat status)"

# All of it, by the process's number.
sed '/rollout/d' plan.yaml >all.yaml
apply all.yaml "$server" || fail "$(cat said)"
write 300
figures
[ "$moved" -ge 299 ] && [ "$kept" -le 1 ] || fail "at 100 %: $(cat status)"

# What cannot be used is not handed over; what was damaged on its way is refused by the process.
sed 's/route: pool/route: pol/' plan.yaml >wrong.yaml
apply wrong.yaml trace && fail "taken: $(cat said)"
grep -q 'pol' said || fail "said: $(cat said)"
write 100
was=$moved
figures
[ "$moved" -ge $((was + 99)) ] || fail "after a wrong one: $(cat status)"
/usr/bin/python3 - trace/redis-server*.shunt <<'P' || fail "cannot damage the trace"
import glob, mmap, struct, sys
with open(sys.argv[1], "r+b") as file:
    page = mmap.mmap(file.fileno(), 16384)
    generation, = struct.unpack_from("<Q", page, 4096)
    slot = 4096 + 40 + 24 * (generation & 1)
    other = 4096 + 40 + 24 * ((generation + 1) & 1)
    page[other:other + 24] = page[slot:slot + 24]
    struct.pack_into("<Q", page, other, 12345) # another checksum
    struct.pack_into("<Q", page, 4096, generation + 1)
P
write 100
was=$moved
figures
[ "$moved" -ge $((was + 99)) ] || fail "after a damaged one: $(cat status)"
grep -q '1 other was refused' status || fail "$(cat status)"

# Off, and on: the policy is what it was.
"$SHUNT" off "$server" >/dev/null || fail "not off"
write 100
was=$moved
figures
[ "$moved" -eq "$was" ] || fail "moved while it was off: $(cat status)"
"$SHUNT" on "$server" >/dev/null || fail "not on"
write 100
figures
[ "$moved" -ge $((was + 99)) ] || fail "not on again: $(cat status)"

# A process that was started without a policy is not prepared for one.
"$SHUNT" run -o bare -- sleep 60 &
servers+=($!)
wait_for 20 compgen -G 'bare/sleep*.shunt'
apply all.yaml bare && fail "taken by a process without a policy: $(cat said)"
grep -q 'started without a policy' said || fail "said: $(cat said)"
kill "${servers[-1]}"
unset 'servers[-1]'

redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
wait "${servers[-1]}" || fail "status $?: $(cat log)"
proven "$work/trace"

# What it wrote is there, as a bare server reads it.
redis-server --bind 127.0.0.1 --port "$port" --save '' --dir "$work/data" --appendonly yes >log 2>&1 &
servers+=($!)
wait_for 30 redis-cli -p "$port" ping || fail "it does not start again: $(cat log)"
has_all() { [ "$(redis-cli -p "$port" dbsize)" = "$writes" ]; }
wait_for 30 has_all || fail "$(redis-cli -p "$port" dbsize) keys of $writes"
for ((i = 0; i < writes; i++)); do echo "get key:$i"; done | redis-cli -p "$port" >got
for ((i = 0; i < writes; i++)); do echo "value:$i"; done >wanted
cmp -s got wanted || fail "keys differ: $(diff got wanted | head -3)"
