# SPDX-License-Identifier: MIT
"""Many green threads make one call, resumed by timers, descriptors and each other, so that what lies
above their own frames on the stack is another thing every time: no chain of callers goes on there.
Prints what a report must say."""
import json
import os

import runtimes

green = runtimes.chosen()
null = os.open("/dev/null", os.O_WRONLY)
THREADS, ROUNDS = 200, 6


def work(number, left, right):
    for i in range(ROUNDS):
        os.write(null, b"x")
        if (number + i) % 3 == 0:
            green.sleep(0.001 * (number % 7))
        elif (number + i) % 3 == 1:
            left.send(b"x")
            right.recv(1)
        else:
            green.sleep(0)


def start(numbers, started):
    """Between the hub and those that are started here lie frames of this one."""
    for number in numbers:
        started.append(green.spawn(work, number, *green.socketpair()))
        if number % 5 == 0:
            green.sleep(0.001)


def main():
    started = []
    green.join([green.spawn(start, range(i, THREADS, 4), started) for i in range(4)])
    green.join(started)
    print(json.dumps({"spawns": {"work": {"born": THREADS, "ended": THREADS}},
                      "chains": {"work": {"call": "write", "count": THREADS * ROUNDS,
                                          "ends": "_greenlet"}}}))


main()
