#!/bin/bash
# SPDX-License-Identifier: MIT
#
# redis_session.bash benchmark|persistence|blocking FILE: one server and its tools in the current
# directory; writes a line `TEST STATUS` to FILE for each thing that they were asked.
set -u
lines=$2
socket=$PWD/redis.sock
options=(--port 0 --unixsocket "$socket" --dir "$PWD" --enable-debug-command local --save '')

cli() { redis-cli -s "$socket" "$@" </dev/null; }

start() {
  redis-server "${options[@]}" "$@" &
  server=$!
  until [ "$(cli ping 2>/dev/null)" = PONG ]; do
    kill -0 $server || exit 3
    sleep 0.02
  done
}

# check NAME COMMAND...: whether it succeeds.
check() {
  local name=$1 word=fail
  shift
  "$@" && word=pass
  echo "$name $word" >>"$lines"
}

# says NAME EXPECTED COMMAND...: whether redis-cli's answer is that.
says() {
  local name=$1 expected=$2 answer
  shift 2
  answer=$(cli "$@" | tr '\n' ' ')
  [ "$answer" = "$expected " ] || echo "$name: $answer"
  check "$name" test "$answer" = "$expected "
}

idle() { [ "$(cli info persistence | grep -cE '^(rdb_bgsave|aof_rewrite)_in_progress:1')" = 0 ]; }
until_idle() { until idle; do sleep 0.02; done; }

benchmark() {
  local one
  start --appendonly yes --appendfsync everysec
  for one in ping_inline ping_mbulk set get incr lpush rpush lpop rpop sadd hset spop zadd zpopmin \
    lrange_100 mset; do
    check "$one" redis-benchmark -s "$socket" -q -n 2000 -c 20 -P 4 -t "$one"
  done
  check threads redis-benchmark -s "$socket" -q -n 4000 -c 20 --threads 2 -t set,get
  says size 1 exists mylist
  stop
}

persistence() {
  local before
  start --appendonly yes --appendfsync always
  check pipe eval 'seq 2000 | sed "s/.*/SET key:& value:&/" | redis-cli -s "$socket" --pipe'
  says size 2000 dbsize
  before=$(cli debug digest)
  check reload cli debug reload
  says digest_after_reload "$before" debug digest
  check bgsave cli bgsave
  until_idle
  check rdb redis-check-rdb dump.rdb
  check bgrewriteaof cli bgrewriteaof
  until_idle
  says rewritten 'ok' --raw eval "return redis.call('info','persistence'):match('aof_last_bgrewrite_status:(%w+)')" 0
  stop
  check aof redis-check-aof appendonlydir/appendonly.aof.manifest
  start --appendonly yes
  says digest_after_restart "$before" debug digest
  stop
}

blocking() {
  start
  cli blpop list 0 >popped &
  until [ "$(cli info clients | tr -d '\r' | grep -c '^blocked_clients:1$')" = 1 ]; do sleep 0.02; done
  says push 1 rpush list one
  wait $!
  check popped grep -q one popped
  says blpop_times_out '' blpop none 0.05
  says script 42 eval 'return 42' 0
  cli client pause 50 write >/dev/null
  says after_pause OK set key value
  cli subscribe channel >heard &
  until [ "$(cli pubsub numsub channel | tail -1)" = 1 ]; do sleep 0.02; done
  says publish 1 publish channel hello
  until grep -q hello heard; do sleep 0.02; done
  kill $!
  kill -TERM $server
  wait $server
  check ends_on_sigterm test $? = 0
}

stop() {
  cli shutdown nosave
  wait $server
  check stopped test $? = 0
}

"$1"
