# SPDX-License-Identifier: MIT
# Threads, sockets, subprocesses, asyncio, select and time-outs in Python, as bare.
. "$(dirname "$0")/lib.bash"

cat >"$work/mixed.py" <<'P'
import asyncio, os, queue, select, signal, socket, subprocess, sys, tempfile, threading, time

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
def serve():
    for _ in range(20):
        c, _ = server.accept()
        c.sendall(c.recv(100)[::-1])
        c.close()
threading.Thread(target=serve).start()
def ask(i):
    c = socket.create_connection(server.getsockname(), timeout=5)
    c.sendall(b"hello %02d" % i)
    return c.recv(100)
print([ask(i) for i in range(20)])

async def main():
    p = await asyncio.create_subprocess_exec("echo", "async", stdout=subprocess.PIPE)
    print((await p.communicate())[0], await asyncio.gather(*[asyncio.sleep(0.01, i) for i in range(5)]))
asyncio.run(main())

print(subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 9"], capture_output=True))
r, w = os.pipe()
print(select.select([r], [], [], 0.02), select.select([], [w], [], 0.02)[1] == [w])
signal.signal(signal.SIGALRM, lambda *a: os.write(w, b"!"))
signal.setitimer(signal.ITIMER_REAL, 0.02)
print(os.read(r, 1))
with tempfile.TemporaryFile() as f:
    f.write(b"x" * 100000); f.flush(); os.fsync(f.fileno())
    print(os.pread(f.fileno(), 5, 99998), os.fstat(f.fileno()).st_size)
q = queue.Queue()
workers = [threading.Thread(target=lambda: q.put(time.sleep(0.01))) for _ in range(30)]
[t.start() for t in workers]; [t.join() for t in workers]
print(q.qsize())
try:
    socket.create_connection(("127.0.0.1", 1), timeout=1)
except OSError as e:
    print(e)
print(socket.getaddrinfo("localhost", 80, proto=socket.IPPROTO_TCP))
pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGKILL)
print(os.waitpid(pid, 0)[1])
sys.stderr.write("to stderr\n")
sys.exit(6)
P
same /usr/bin/python3 "$work/mixed.py"
same /usr/bin/python3 -m timeit -n 1 -r 1 -s 'import os' 'os.close(os.dup(0)); raise SystemExit(3)'
