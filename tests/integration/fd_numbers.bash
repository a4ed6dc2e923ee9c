# SPDX-License-Identifier: MIT
# No descriptor and no thread of ours: listings and the lowest free number are as bare.
. "$(dirname "$0")/lib.bash"

same_filter() { sed 's/[0-9]\{3,\}/N/g'; }
same bash -c 'echo /proc/self/fd/*; ls /proc/self/fd; ls /proc/self/task | wc -l
  ps -L -o nlwp=,comm= -p $$'
same /usr/bin/python3 -c '
import os, socket, threading
print(os.listdir("/proc/self/fd"), len(os.listdir("/proc/self/task")))
print(os.open("/dev/null", os.O_RDONLY), socket.socket().fileno(), os.pipe())
t = [threading.Thread(target=threading.Event().wait, args=(0.3,)) for _ in range(5)]
[x.start() for x in t]
print(len(os.listdir("/proc/self/task")))
[x.join() for x in t]
pid = os.fork()
if pid == 0:
    print(os.listdir("/proc/self/fd"), len(os.listdir("/proc/self/task")), flush=True)
    os._exit(4)
print(os.waitpid(pid, 0)[1])'

# Nor where calls are to be parked and there is no green thread.
export SHUNT_ROUTE=green
same /usr/bin/python3 -c '
import os
print([os.stat(one).st_size for one in ("/etc/passwd", "/etc/group")], os.listdir("/proc/self/fd"))'
