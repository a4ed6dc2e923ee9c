# SPDX-License-Identifier: MIT
# A program that closes every descriptor and then uses the numbers itself loses no byte.
. "$(dirname "$0")/lib.bash"

same /usr/bin/python3 -c '
import os, socket, time
os.closerange(3, 4096)
a, b = socket.socketpair()
print(a.fileno(), b.fileno())
for i in range(2000):
    a.send(b"%05d" % i)
    assert b.recv(5) == b"%05d" % i
time.sleep(0.02)
if os.fork() == 0:
    os.closerange(3, 4096)
    r, w = os.pipe()
    os.write(w, b"child")
    time.sleep(0.02)
    print(r, w, os.read(r, 9), flush=True)
    os._exit(0)
os.wait()
print(os.listdir("/proc/self/fd"))'
same bash -c 'exec 3</dev/null 4>/dev/null 3<&- 4>&-; exec 3<>"$0.x" 2>/dev/null || exec 3</dev/null
  ls -l /proc/self/fd | wc -l'
