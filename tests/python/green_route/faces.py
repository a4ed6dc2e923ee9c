# SPDX-License-Identifier: MIT
"""What the programs here have in common: the runtime of their first argument, unpatched, so that
time.sleep and os.read are the blocking ones; calls in C; a pulse; how a program says its values.
"""
import ctypes
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "green"))
import runtimes  # noqa: E402

runtime = runtimes.chosen()
is_eventlet = sys.argv[1] == "eventlet"
if is_eventlet:
    from eventlet import Timeout
    from eventlet.hubs import get_hub
else:
    from gevent import Timeout, get_hub
spawn, nap = runtime.spawn, runtime.sleep

PULSE = 0.01
SLEEP = 0.15


def later(call):
    """`call` in the hub's own green thread."""
    if is_eventlet:
        get_hub().schedule_call_global(0, call)
    else:
        get_hub().loop.run_callback(call)


def kill(green):
    """Raises GreenletExit in it, and returns before it has ended."""
    if is_eventlet:
        green.kill()
    else:
        green.kill(block=False)


def value_of(green):
    """What it returned, or the name of what it ended with."""
    try:
        value = green.wait() if is_eventlet else green.get()
    except BaseException as error:
        value = error
    return type(value).__name__ if isinstance(value, BaseException) else value


def values_of(*calls):
    """Each in a green thread of its own, all at once."""
    return [value_of(one) for one in [spawn(call) for call in calls]]


def library():
    """calls.c, twice: with the interpreter lock given away, and held."""
    return ctypes.CDLL(os.environ["CALLS"]), ctypes.PyDLL(os.environ["CALLS"])


class Pulse:
    """Ticks while others work: no tick falls into a call that blocks the hub."""

    def __init__(self):
        self.ticks, self.gap, self.last = 0, 0.0, time.monotonic()
        self.running = True
        self.green = spawn(self.run)

    def run(self):
        while self.running:
            nap(PULSE)
            now = time.monotonic()
            self.gap, self.last = max(self.gap, now - self.last), now
            self.ticks += 1

    def within(self, call):
        """Whether a tick fell into the call, and its result."""
        before = self.ticks
        result = call()
        return self.ticks > before, result

    def stop(self):
        nap(2 * PULSE)
        self.running = False


def say(same, by_route=None, **figures):
    """`same` must be the same on every route, `by_route` is what the test says of each; the rest
    is for who reads."""
    json.dump({"same": same, "by_route": by_route, "figures": figures}, sys.stdout)
