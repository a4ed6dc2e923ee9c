# SPDX-License-Identifier: MIT
# Four threads that compute: one at a time has the interpreter.
import threading
import time

until = time.monotonic() + 1


def compute():
    while time.monotonic() < until:
        sum(range(200))


threads = [threading.Thread(target=compute) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
