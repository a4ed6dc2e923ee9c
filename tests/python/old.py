# SPDX-License-Identifier: MIT
"""Runs in every Python: some calls in some functions, and what came of them."""
import os
import sys
import threading

ZERO = os.open("/dev/zero", os.O_RDONLY)


def work(depth):
    if depth:
        return work(depth - 1)
    return sum(len(os.read(ZERO, 10)) for _ in range(100))


total = [work(n) for n in range(5)]
thread = threading.Thread(target=lambda: total.append(work(6)))
thread.start()
thread.join()
pid = os.fork()
if pid == 0:
    os._exit(work(2) % 7)
print("%s %s" % (total, os.waitpid(pid, 0)[1]))
sys.exit(3)
