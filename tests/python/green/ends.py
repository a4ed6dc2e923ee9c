# SPDX-License-Identifier: MIT
"""Green threads that end in every way. Prints what a report must say of each spawn point."""
import json
import os
import sys

import runtimes

green = runtimes.chosen()
null = os.open("/dev/null", os.O_WRONLY)


def returns():
    os.write(null, b"x")


def killed(end):
    os.write(null, b"x")
    end.recv(1)


def killed_asleep():
    os.write(null, b"x")
    green.sleep(3600)


def timed_out():
    os.write(null, b"x")
    with green.timeout(0.01):
        green.sleep(3600)


def caught():
    os.write(null, b"x")
    try:
        with green.timeout(0.01):
            green.sleep(3600)
    except green.timeout:
        pass


def fails():
    os.write(null, b"x")
    raise ValueError("as it should")


def main():
    with open(os.devnull, "w", encoding="ascii") as silence:
        sys.stderr = silence
        for run in (returns, timed_out, caught, fails):
            for _ in range(7):
                green.spawn(run)
            green.sleep(0.1)
        left, right = green.socketpair()
        for run, arguments in ((killed, (left,)), (killed_asleep, ())):
            for _ in range(5):
                one = green.spawn(run, *arguments)
                green.sleep(0.01)
                green.kill(one)
                green.sleep(0)
        left.close()
        right.close()
        sys.stderr = sys.__stderr__
    spawns = {run: {"born": 7, "ended": 7, "killed": 0, "timed_out": 0, "failed": 0}
              for run in ("returns", "timed_out", "caught", "fails")}
    if green.raises:
        spawns["timed_out"]["timed_out"] = spawns["fails"]["failed"] = 7
    for run in ("killed", "killed_asleep"):
        spawns[run] = {"born": 5, "ended": 5, "killed": 5 if green.raises else 0,
                       "timed_out": 0, "failed": 0}
    print(json.dumps({"spawns": spawns}))


main()
