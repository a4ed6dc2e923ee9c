# SPDX-License-Identifier: MIT
"""threads_end.py RUNTIME CASE LIBRARY: native threads end while green threads of theirs are parked,
more of them than can be at a time; then one waits as ever.
"""
import ctypes
import sys
import tempfile
import threading

RUNTIME, CASE, PATH = sys.argv[1:]
LIBRARY = ctypes.CDLL(PATH)
THREADS = 1100
FILE = tempfile.TemporaryFile()

if RUNTIME == "eventlet":
    import eventlet
    spawn, sleep, wait = eventlet.spawn, eventlet.sleep, lambda green: green.wait()
else:
    import gevent
    spawn, sleep, wait = gevent.spawn, gevent.sleep, lambda green: green.get()


def leave():
    spawn(LIBRARY.held_sync, FILE.fileno())
    sleep(0)


for _ in range(THREADS):
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
print(wait(spawn(LIBRARY.held_sync_data, FILE.fileno())))
