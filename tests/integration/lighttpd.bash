# SPDX-License-Identifier: MIT
# lighttpd serves 200 files under shunt as bare.
. "$(dirname "$0")/lib.bash"
need lighttpd curl

mkdir "$work/www"
for i in $(seq 200); do head -c $((i * 331)) /dev/urandom >"$work/www/$i.bin"; done
for kind in bare observed; do
  port=$(free_port)
  cat >"$work/$kind.conf" <<C
server.document-root = "$work/www"
server.bind = "127.0.0.1"
server.port = $port
C
  command=(/usr/sbin/lighttpd -D -f "$work/$kind.conf")
  [ $kind = bare ] || command=("$SHUNT" run -o "$work/trace" -- "${command[@]}")
  "${command[@]}" >"$work/$kind.log" 2>&1 &
  server=$!
  servers+=($server)
  wait_for 60 curl -s "http://127.0.0.1:$port/1.bin" || fail "$kind: $(cat "$work/$kind.log")"
  mkdir "$work/$kind.got"
  curl -s -o "$work/$kind.got/#1.bin" "http://127.0.0.1:$port/[1-200].bin" || fail "$kind: curl"
  curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$port/none" >"$work/$kind.out"
  kill -INT $server
  wait $server
  echo "status $?" >>"$work/$kind.out"
  diff -r "$work/www" "$work/$kind.got" || fail "$kind: wrong bytes"
done
diff "$work/bare.out" "$work/observed.out" || fail "answers or exit status differ"
log() { sed -e 's/^[^(]*//' -e 's/PID = [0-9]*/PID/' "$work/$1.log"; }
diff <(log bare) <(log observed) ||
  fail "log differs"
proven "$work/trace"
