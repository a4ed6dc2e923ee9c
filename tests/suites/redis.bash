#!/bin/bash
# SPDX-License-Identifier: MIT
#
# redis's own Tcl tests, from the source package, against Debian's redis-server: one unit of theirs is
# one of ours. tclsh, the servers and their children are all observed.
. "$(dirname "$0")/lib.bash"

quick="unit/protocol unit/networking unit/multi integration/shutdown integration/aof"
full="$quick unit/other unit/auth unit/acl unit/dump unit/keyspace unit/scan unit/quit unit/expire
  unit/pubsub unit/slowlog unit/latency-monitor unit/lazyfree unit/querybuf unit/limits unit/info
  unit/introspection unit/type/string unit/type/incr integration/logging integration/rdb
  integration/aof-multi-part"
long="$full unit/aofrw unit/scripting unit/functions unit/oom-score-adj unit/pause unit/bitops
  unit/type/list unit/type/hash unit/type/set unit/type/zset unit/type/stream integration/redis-cli
  integration/redis-benchmark integration/block-repl integration/replication-4 integration/psync2"

prepare() { source_package redis; }

unit() {
  cd "$WORK" || exit 1
  mkdir src
  cp -r "$CACHE/redis/tests" "$CACHE/redis/runtest" .
  local one
  for one in server cli benchmark check-aof check-rdb sentinel; do
    ln -s "/usr/bin/redis-$one" "src/redis-$one"
  done
  program ./runtest --single "$1" --clients 1 >log 2>&1
  sed -E 's/\x1b\[[0-9;]*m//g' log |
    sed -nE 's/ \([0-9.]+ (ms|seconds)\)$//
             s/^\[(ok|err|ignore|skip|exception|timeout)\]:? ?(.*)/\1 \2/p' |
    while read -r kind name; do
      case $kind in ok) kind=pass ;; ignore | skip) kind=skip ;; err) kind=fail name=${name% in tests/*} ;; esac
      echo "$name $kind"
    done
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) prepare ;;
units) printf '%s\n' ${!argument} ;;
unit) unit "$argument" ;;
esac
