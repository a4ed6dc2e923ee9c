# SPDX-License-Identifier: MIT
# redis that syncs every write, under load: its waiting is explained, and an audit accounts for all
# its system calls.
. "$(dirname "$0")/completeness.bash"
need redis-server redis-benchmark

serve() { # COMMAND-PREFIX...
  port=$(free_port)
  rm -rf "$work/redis"
  mkdir "$work/redis"
  "$@" redis-server --bind 127.0.0.1 --port "$port" --save '' --dir "$work/redis" \
    --appendonly yes --appendfsync always >"$work/log" 2>"$work/page" &
  server=$!
  servers+=($server)
  wait_for 30 redis-cli -p "$port" ping || fail "no server: $(cat "$work/log" "$work/page")"
}

stop() {
  redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
  wait $server || fail "status $?: $(cat "$work/log" "$work/page")"
}

serve "$SHUNT" run -o "$work/trace" --
redis-benchmark -p "$port" -t set,get,lpush -n 3000 -c 8 -q >/dev/null
stop
complete "$work/trace"

serve "$SHUNT" run --audit -o "$work/audit" --
redis-benchmark -p "$port" -t set,get -n 200 -c 4 -q >/dev/null
stop
accounted "$work/audit" "$work/page"
