# SPDX-License-Identifier: MIT
"""Green threads in known numbers. Prints what a report must say of each spawn point."""
import json
import os
import time  # as it is: blocks

import runtimes

green = runtimes.chosen()
null = os.open("/dev/null", os.O_WRONLY)
SLEEPS, SLEEP = 5, 0.05


def in_rounds(there, all_there, wait):
    os.write(null, b"x")
    there.append(1)
    if len(there) == 10:
        all_there()
    wait()


def pooled():
    os.write(null, b"x")
    green.sleep(0)


def silent():
    green.sleep(0)


def reader(end):
    assert end.recv(1) == b"y"


def sleeper():
    for _ in range(SLEEPS):
        time.sleep(SLEEP)
        green.sleep(0.001)


def given_up(end):
    try:
        end.recv(1)
    except OSError:
        pass


def stays():
    os.write(null, b"x")
    green.sleep(3600)


def rounds():
    for _ in range(4):
        there = []
        send, wait = green.event()
        green.join([green.spawn(in_rounds, there, send, wait) for _ in range(10)])


def readers():
    pairs = [green.socketpair() for _ in range(6)]
    threads = [green.spawn(reader, ours) for ours, _ in pairs]
    green.sleep(0)  # all of them wait now
    for _, peer in pairs:
        peer.send(b"y")
    green.join(threads)


rounds()
green.pooled(5, pooled, 50)
green.join([green.spawn(silent) for _ in range(7)])
readers()
green.join([green.spawn(sleeper)])
for _ in range(3):
    green.spawn(stays)
green.sleep(0.01)  # not 0: one turn of the hub at least
print(json.dumps({
    "spawns": {
        "in_rounds": {"born": 40, "ended": 40, "peak": 10, "blocked": 0, "waits": 0},
        "pooled": {"born": 50, "ended": 50, "peak": 5, "blocked": 0, "waits": 0},
        "reader": {"born": 6, "ended": 6, "peak": 6, "in_flight": 6, "waits": 6, "blocked": 0},
        "sleeper": {"born": 1, "ended": 1, "peak": 1, "blocked": SLEEPS, "waits": 0,
                    "blocked_s": SLEEPS * SLEEP},
        "stays": {"born": 3, "ended": 0, "peak": 3, "waits": 0},
        None: {"born": 7, "ended": 7},
    },
    "stalls": SLEEPS, "sleeps": SLEEPS,
}))
