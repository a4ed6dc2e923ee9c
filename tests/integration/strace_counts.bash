# SPDX-License-Identifier: MIT
# strace attached to the same observed run counts the same fdatasync and write calls.
. "$(dirname "$0")/lib.bash"
need strace redis-server redis-benchmark

# The first start writes the base file of its log through stdio: let that be before.
port=$(free_port)
mkdir "$work/redis"
redis=(redis-server --bind 127.0.0.1 --port "$port" --save '' --dir "$work/redis"
  --appendonly yes --appendfsync always)
"${redis[@]}" >"$work/first" 2>&1 &
servers+=($!)
wait_for 60 redis-cli -p "$port" ping || fail "no first server: $(cat "$work/first")"
redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
wait "${servers[0]}"

"$SHUNT" run -o "$work/trace" -- strace -f -c -o "$work/counts" \
  "${redis[@]}" >"$work/log" 2>&1 &
server=$!
servers+=($server)
wait_for 60 redis-cli -p "$port" ping || fail "no server: $(cat "$work/log")"
redis-benchmark -p "$port" -t set,get -n 2000 -c 8 -q >/dev/null
redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
wait $server || fail "status $?: $(cat "$work/log")"

strace_says() { awk -v name="$1" '$NF == name { print $4 }' "$work/counts"; }
pid=$(json "$work/trace/run.json" 'd["pid"]')
mkdir "$work/only" && cp "$work/trace/run.json" "$work/only"
for one in "$work"/trace/*.shunt; do
  case $one in *."$pid".*) ;; *) cp --sparse=always "$one" "$work/only" ;; esac
done

# Each line of the log is one write of stdio's own, which no program calls by that name.
logged=$(grep -c . "$work/log")
expected=$(strace_says fdatasync)
got=$(total "$work/only" fdatasync calls) || exit 1
[ "${expected:-0}" -gt 100 ] || fail "strace saw ${expected:-no} fdatasync"
[ "$got" -eq "$expected" ] || fail "fdatasync: $got, strace $expected"
expected=$(($(strace_says write) - logged))
got=$(total "$work/only" write calls) || exit 1
[ "$got" -eq "$expected" ] || fail "write: $got, strace $expected and $logged lines of log"
