# SPDX-License-Identifier: MIT
"""The hub's pulse: a green thread that ticks every 20 ms while other green threads work, so that a
program of this directory can say what its hub could not do.

`counted(call)` is a call's result and how many ticks fell into it: a call that blocks the hub has
none, on any machine; a cooperative one has some. `gap` is the longest time between two ticks,
`together` how many calls were under way at a time.
"""
import json
import sys
import time

PERIOD = 0.02


class Ticker:
    def __init__(self, spawn, sleep):
        self.sleep, self.running = sleep, True
        self.ticks, self.gap, self.last = 0, 0.0, time.monotonic()
        self.inside = self.together = 0
        self.green = spawn(self.run)

    def run(self):
        while self.running:
            self.sleep(PERIOD)
            now = time.monotonic()
            self.gap, self.last = max(self.gap, now - self.last), now
            self.ticks += 1

    def counted(self, call):
        before = self.ticks
        self.inside += 1
        self.together = max(self.together, self.inside)
        result = call()
        self.inside -= 1
        return result, self.ticks - before

    def stop(self):
        """The last gap counts, too."""
        self.sleep(2 * PERIOD)
        self.running = False


def say(values, ticks, ticker, seconds):
    """The program's output: values that must be the same in every run, and what was measured."""
    json.dump({"values": values, "ticks": ticks, "gap": ticker.gap, "together": ticker.together,
               "seconds": seconds}, sys.stdout)


def result_of(green):
    """What a green thread of Eventlet's or gevent's came to."""
    return green.get() if hasattr(green, "get") else green.wait()


def measure(spawn, sleep, calls):
    """Each call in a green thread of its own, all at once; says what they came to."""
    pulse = Ticker(spawn, sleep)
    began = time.monotonic()
    green = [spawn(pulse.counted, call) for call in calls]
    done = [result_of(one) for one in green]
    took = time.monotonic() - began
    pulse.stop()
    say([result for result, _ in done], [ticks for _, ticks in done], pulse, took)
