# SPDX-License-Identifier: MIT
# memcached serves under shunt, and a signal to shunt run alone ends it with its own status.
. "$(dirname "$0")/lib.bash"
need memcached

user=()
[ "$(id -u)" -ne 0 ] || user=(-u nobody)
for kind in bare observed; do
  port=$(free_port)
  if [ $kind = bare ]; then
    memcached -l 127.0.0.1 -p "$port" -U 0 -t 2 "${user[@]}" >"$work/$kind.log" 2>&1 &
  else
    "$SHUNT" run --shared-dir -o "$work/trace" -- memcached -l 127.0.0.1 -p "$port" -U 0 -t 2 \
      "${user[@]}" >"$work/$kind.log" 2>&1 &
  fi
  server=$!
  servers+=($server)
  /usr/bin/python3 - "$port" >"$work/$kind.out" <<'P' || fail "$kind: the client failed"
import socket, sys, time
for _ in range(100):
    try:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
        break
    except OSError:
        time.sleep(0.05)
f = s.makefile("rwb")
for i in range(500):
    value = b"v" * (i * 13 % 5000)
    f.write(b"set k%d 0 0 %d\r\n%s\r\n" % (i, len(value), value)); f.flush()
    assert f.readline() == b"STORED\r\n"
for i in range(500):
    f.write(b"get k%d\r\n" % i); f.flush()
    print(f.readline().strip())
    print(len(f.readline()), f.readline())
s.close()
P
  kill -TERM $server
  wait $server
  echo "status $?" >>"$work/$kind.out"
done
diff "$work/bare.out" "$work/observed.out" || fail "answers or exit status differ"
diff "$work/bare.log" "$work/observed.log" || fail "stderr differs"
proven "$work/trace"
