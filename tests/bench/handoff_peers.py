# SPDX-License-Identifier: MIT
"""What it costs to have a call made by another thread, by the pools that Python programs use:

  handoff_peers.py eventlet|gevent|futures read|sleep CALLERS COUNT

prints as handoff.c does: nanoseconds a call, calls a second of all callers. Callers are green threads,
or threads for futures; there are as many workers as callers.
"""
import os
import sys
import threading
import time

how, call, callers, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
file = os.open("/dev/zero", os.O_RDONLY)


def read():
    return os.pread(file, 1, 0)


def sleep():
    time.sleep(0.001)


function = read if call == "read" else sleep

if how == "eventlet":
    os.environ["EVENTLET_THREADPOOL_SIZE"] = str(callers)
    import eventlet
    from eventlet import tpool

    def repeat(times):
        for _ in range(times):
            tpool.execute(function)

    def together(times):
        for one in [eventlet.spawn(repeat, times) for _ in range(callers)]:
            one.wait()
elif how == "gevent":
    import gevent
    from gevent.threadpool import ThreadPool
    pool = ThreadPool(callers)

    def repeat(times):
        for _ in range(times):
            pool.apply(function)

    def together(times):
        gevent.joinall([gevent.spawn(repeat, times) for _ in range(callers)])
else:
    from concurrent.futures import ThreadPoolExecutor
    executor = ThreadPoolExecutor(callers)

    def repeat(times):
        for _ in range(times):
            executor.submit(function).result()

    def together(times):
        threads = [threading.Thread(target=repeat, args=(times,)) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

together(count // 10 + 1)
began = time.monotonic()
together(count)
taken = time.monotonic() - began
print(f"{taken / count * 1e9:.1f} {callers * count / taken:.1f}", flush=True)
os._exit(0)
