# SPDX-License-Identifier: MIT
# redis with persistence: what clients wrote is there after a reload from the snapshot, from the
# append-only file, and after kill -9 with appendfsync always; and it is what a bare server holds.
. "$(dirname "$0")/lib.bash"
need redis-server redis-cli
keys=$(by_size 2000 20000)

cli() { redis-cli -p "$port" "$@"; }

start() { # PREFIX... @ OPTIONS...: $server is the pid of what was started
  local prefix=()
  while [ "$1" != @ ]; do
    prefix+=("$1")
    shift
  done
  shift
  port=$(free_port)
  "${prefix[@]}" redis-server --bind 127.0.0.1 --port "$port" --dir "$dir" --save '' \
    --enable-debug-command yes "$@" >"$work/server.log" 2>&1 &
  server=$!
  servers+=("$server")
  wait_for 20 cli ping || fail "redis-server did not come up: $(tail -n 3 "$work/server.log")"
  until [ "$(cli info persistence | tr -d '\r' | sed -n 's/^loading://p')" = 0 ]; do sleep 0.05; done
}

end() { # what else to say to it
  cli shutdown "$@" >/dev/null 2>&1
  wait "$server" || fail "the server ended with $?: $(tail -n 3 "$work/server.log")"
}

# Strings, counters, lists, hashes, sets, sorted sets, expiry; values from 0 to 40 KB.
load() {
  awk -v keys="$keys" 'BEGIN {
    for (i = 0; i < keys; i++) {
      value = sprintf("%*s", i % 97 == 0 ? 40000 : i * 7 % 300, i)
      printf "SET k%d \"%s\"\n", i, value
      printf "INCRBY n%d %d\n", i % 50, i
      printf "RPUSH l%d %d\n", i % 30, i
      printf "HSET h%d f%d %d\n", i % 20, i, i
      printf "SADD s%d %d\n", i % 10, i
      printf "ZADD z%d %d m%d\n", i % 10, i * 37 % 1000, i
    }
  }' >"$work/commands"
  cli --pipe <"$work/commands" >"$work/answers" || fail "redis-cli: $(tail -n 2 "$work/answers")"
  grep -q "errors: 0, replies: $((keys * 6))$" "$work/answers" || fail "refused: $(tail -n 2 "$work/answers")"
}

digest() { cli debug digest; }

dir=$work/bare
mkdir "$dir"
start @ --appendonly no
load
expected=$(digest)
end nosave

# Both kinds of file, written under load.
dir=$work/data
mkdir "$dir"
under redis
start "${words[@]}" @ --appendonly yes --appendfsync always
load
[ "$(digest)" = "$expected" ] || fail "another content than the bare server's"
cli bgsave >/dev/null
cli bgrewriteaof >/dev/null
settled() { ! cli info persistence | grep -qE '(rdb_bgsave|aof_rewrite)_(in_progress|scheduled):1'; }
wait_for 60 settled || fail "background saves do not end"
cli info persistence | grep -q 'rdb_last_bgsave_status:ok' || fail "the snapshot failed"
[ -s "$dir/dump.rdb" ] || fail "no snapshot"
end nosave
proven_mode redis

reload() { # WHAT OPTIONS...
  start @ "${@:2}"
  [ "$(digest)" = "$expected" ] || fail "reloaded from $1: another content"
  end nosave
}
reload "the append-only file" --appendonly yes
reload "the snapshot" --appendonly no

# kill -9: what was acknowledged is on disk.
under killed
start "${words[@]}" @ --appendonly yes --appendfsync always
pid=$(command_of "$server") || fail "the server is not there"
/usr/bin/python3 - "$port" "$pid" "$(by_size 200 2000)" >"$work/acknowledged" <<'P' || fail "the client failed"
import os, signal, socket, sys
port, pid, most = (int(word) for word in sys.argv[1:])
connection = socket.create_connection(("127.0.0.1", port))
answers = connection.makefile("rb")
for i in range(most):
    connection.sendall(b"INCR acknowledged\r\n")
    answer = answers.readline()
    if i == most - 1:
        connection.sendall(b"INCR acknowledged\r\n" * 50)
        os.kill(pid, signal.SIGKILL)
print(int(answer[1:]))
P
wait "$server" 2>/dev/null
start @ --appendonly yes
found=$(cli get acknowledged)
least=$(cat "$work/acknowledged")
[ "$found" -ge "$least" ] && [ "$found" -le $((least + 50)) ] ||
  fail "after kill -9: $found, and $least were acknowledged"
cli del acknowledged >/dev/null
[ "$(digest)" = "$expected" ] || fail "after kill -9: another content"
end nosave
echo "redis: $((keys * 6)) commands; reloaded from both files and after kill -9 ($least acknowledged, $found there)"
