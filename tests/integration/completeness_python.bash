# SPDX-License-Identifier: MIT
# A Python service of sockets, files and DNS, under load: its waiting is explained, and an audit
# accounts for all its system calls.
. "$(dirname "$0")/completeness.bash"
service=$(dirname "$0")/service.py

# Names are looked up at a name server of the test's own, in a network of its own; where that is not
# allowed the machine's resolver says at once or late that there are none.
if [ -z "${APART:-}" ] && unshare -m -n true 2>/dev/null; then
  export APART=1
  rm -rf "$work"
  exec unshare -m -n bash "$0"
fi
if [ -n "${APART:-}" ]; then
  ip link set lo up 2>/dev/null || /usr/bin/python3 -c 'import fcntl, socket, struct
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 1 | 0x40))' || fail "no loopback"
  printf 'nameserver 127.0.0.1\n' >"$work/resolv.conf"
  mount --bind "$work/resolv.conf" /etc/resolv.conf || fail "no resolv.conf of our own"
  mounted+=(/etc/resolv.conf)
  /usr/bin/python3 "$service" dns &
  servers+=($!)
  # getent asks for what the machine has addresses for, and loopback's do not count
  wait_for 20 /usr/bin/python3 -c 'import socket; socket.getaddrinfo("host1.test", 80)' || fail "no name server"
fi

listening() { /usr/bin/python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"; }

run() { # REQUESTS COMMAND-PREFIX...: a service, its load, its end
  local requests=$1
  shift
  port=$(free_port)
  mkdir -p "$work/files"
  "$@" /usr/bin/python3 "$service" serve "$port" "$work/files" >"$work/log" 2>"$work/page" &
  server=$!
  servers+=($server)
  wait_for 30 listening || fail "no service: $(cat "$work/log" "$work/page")"
  /usr/bin/python3 "$service" load "$port" "$requests" || fail "load: $(cat "$work/log")"
  wait $server || fail "status $?: $(cat "$work/log" "$work/page")"
}

run 300 "$SHUNT" run -o "$work/trace" --
[ -z "${APART:-}" ] || [ "$(total "$work/trace" getaddrinfo calls)" -ge 300 ] || fail "few lookups"
complete "$work/trace"
run 60 "$SHUNT" run --audit -o "$work/audit" --
accounted "$work/audit" "$work/page"
