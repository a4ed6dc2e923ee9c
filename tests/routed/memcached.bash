# SPDX-License-Identifier: MIT
# memcached with four threads under eight clients at once: every value comes back as it was stored,
# counters add up, and the server ends as bare.
. "$(dirname "$0")/lib.bash"
need memcached
user=()
[ "$(id -u)" -ne 0 ] || user=(-u nobody)

port=$(free_port)
under memcached --shared-dir
"${words[@]}" memcached -l 127.0.0.1 -p "$port" -U 0 -t 4 -m 256 "${user[@]}" >"$work/log" 2>&1 &
server=$!
servers+=("$server")
/usr/bin/python3 - "$port" "$(by_size 300 4000)" <<'P' || fail "wrong answers"
import hashlib, socket, sys, threading, time
port, count = int(sys.argv[1]), int(sys.argv[2])
CLIENTS = 8
wrong = []

def connect():
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30).makefile("rwb")
        except OSError:
            time.sleep(0.05)
    raise SystemExit("no server")

def value(client, i):
    return hashlib.sha256(b"%d %d" % (client, i)).hexdigest().encode() * (i * 13 % 100)

def ask(stream, text):
    stream.write(text)
    stream.flush()
    return stream.readline()

def work(client):
    stream = connect()
    for i in range(count):
        data = value(client, i)
        if ask(stream, b"set %d:%d 0 0 %d\r\n%s\r\n" % (client, i, len(data), data)) != b"STORED\r\n":
            wrong.append(("set", client, i))
        ask(stream, b"incr sum 1\r\n")
        if i % 3 == 0:
            stream.write(b"get %d:%d\r\n" % (client, i // 2))
            stream.flush()
            head = stream.readline().split()
            data = stream.read(int(head[3]) + 2)[:-2]
            if stream.readline() != b"END\r\n" or data != value(client, i // 2):
                wrong.append(("get", client, i // 2))

first = connect()
assert ask(first, b"set sum 0 0 1\r\n0\r\n") == b"STORED\r\n"
threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
first.write(b"get sum\r\n")
first.flush()
first.readline()
total = int(first.readline())
print(f"memcached: {CLIENTS} clients, {CLIENTS * count} values, counter {total}, {len(wrong)} wrong")
sys.exit(bool(wrong) or total != CLIENTS * count)
P
kill -TERM "$server"
wait "$server"
status=$?
[ $status -eq 0 ] || [ $status -eq 143 ] || fail "the server ended with $status: $(tail -n 3 "$work/log")"
proven_mode memcached
