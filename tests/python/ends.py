# SPDX-License-Identifier: MIT
"""The interpreter's end: atexit, __del__ while it finalizes, and daemon threads in the middle of calls.

    ends.py FILE
"""
import atexit
import sys
import threading
import time

from noted import ZERO, free, note, save


def deep(n, until):
    if n:
        return deep(n - 1, until)
    while not until():
        free(ZERO, 2, 0)


class AtTheEnd:
    """Collected when modules are cleared: its calls have no Python line, and harm nobody."""

    def __init__(self):
        self.read, self.file, self.clock = free, ZERO, time.monotonic

    def __del__(self):
        end = self.clock() + 0.02
        while self.clock() < end:
            self.read(self.file, 3, 0)


def at_exit():
    note(), free(ZERO, 1, 0)
    save(sys.argv[1])


sys.modules["kept to the end"] = AtTheEnd()
atexit.register(at_exit)
for depth in (0, 1, 20, 70):
    for _ in range(2):
        threading.Thread(target=deep, args=(depth, lambda: False), daemon=True).start()
note(), free(ZERO, 1, 0)
time.sleep(0.02)
print("ends")
