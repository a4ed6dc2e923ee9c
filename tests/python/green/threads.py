# SPDX-License-Identifier: MIT
"""Native threads, each with a hub and green threads of its own, and some without."""
import json
import os
import threading

import runtimes

green = runtimes.chosen()
null = os.open("/dev/null", os.O_WRONLY)
HUBS, PLAIN = 4, 9
all_there = threading.Barrier(HUBS)


def task():
    os.write(null, b"x")
    green.sleep(0)


def with_hub():
    all_there.wait()
    green.join([green.spawn(task) for _ in range(20)])
    all_there.wait()


def plain():
    os.write(null, b"x")


def run(function, count):
    threads = [threading.Thread(target=function) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(with_hub, HUBS)
for _ in range(PLAIN):
    run(plain, 1)
print(json.dumps({"spawns": {
    "task": {"born": 20 * HUBS, "ended": 20 * HUBS},
    "with_hub": {"green": False, "born": HUBS, "ended": HUBS, "peak": HUBS},
    # Python's join does not wait for the end of the native thread: no peak is known.
    "plain": {"green": False, "born": PLAIN, "ended": PLAIN},
}}))
