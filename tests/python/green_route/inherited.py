# SPDX-License-Identifier: MIT
"""A service forks: its child does not run its parent's green threads because C code waits there,
and with a hub of its own it parks again."""
import os
import sys
import time

from faces import PULSE, SLEEP, Pulse, get_hub, is_eventlet, nap, say, spawn, value_of


def child(function):
    """The child's exit status; it never comes back."""
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            status = function()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def sleeps_alone():
    """Bit 1: too short; bit 2: a green thread of the parent's ran here."""
    began, before = time.monotonic(), len(came)
    time.sleep(SLEEP)
    return (time.monotonic() - began < SLEEP) + 2 * (len(came) != before)


def closes_all():
    """What is about to execute another program gives up the hub's descriptors, too."""
    os.closerange(3, 256)
    return sleeps_alone() | sleeps_alone()


def own_hub():
    """1: ticks fell into a call, 0: none did."""
    if is_eventlet:
        from eventlet import hubs
        hubs.use_hub()
    else:
        import gevent
        gevent.reinit()
        gevent.get_hub().destroy(destroy_loop=True)
    pulse = Pulse()
    nap(10 * PULSE)  # the hub waits meanwhile; after a shorter nap on a busy machine it may find all timers due
    ticked, _ = pulse.within(lambda: time.sleep(SLEEP))
    return int(ticked)


def sleeper():
    time.sleep(SLEEP)
    came.append(os.getpid())
    return "slept"


came = []
get_hub()  # it has not run yet
closed = child(closes_all)
parked = spawn(sleeper)
tick = spawn(lambda: [(nap(PULSE), came.append(1)) for _ in range(3)])
nap(PULSE)
alone = child(sleeps_alone)
again = child(own_hub)
values = [value_of(parked), value_of(tick) and None, os.getpid() in came, alone, closed]
say(values, {"own hub": again}, hub=type(get_hub()).__module__, version=sys.version_info[:2])
