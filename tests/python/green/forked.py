# SPDX-License-Identifier: MIT
"""A green thread forks. Parent and child go on with green threads of their own, and neither counts
what the other does."""
import json
import os

import runtimes

green = runtimes.chosen()
null = os.open("/dev/null", os.O_WRONLY)


def before():
    os.write(null, b"x")
    green.sleep(0.05)  # parked at the fork, in the parent and in the child


def in_child():
    os.write(null, b"x")
    green.sleep(0)


def after():
    os.write(null, b"x")
    green.sleep(0)


def forker():
    child = os.fork()
    if child == 0:
        for _ in range(4):
            in_child()
        os._exit(7)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status)


parked = [green.spawn(before) for _ in range(5)]
green.sleep(0)
status = []
green.join([green.spawn(lambda: status.append(forker()))])
green.join(parked)
green.join([green.spawn(after) for _ in range(8)])
print(json.dumps({"status": status, "spawns": {
    "before": {"born": 5, "ended": 5, "peak": 5},
    "after": {"born": 8, "ended": 8},
}}))
