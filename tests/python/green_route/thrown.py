# SPDX-License-Identifier: MIT
"""What is raised in a green thread while C code waits on its behalf: it is raised when the call is
over, the same instance. Bare the hub is blocked, and nothing is raised in time."""
import _thread
import contextlib
import ctypes
import sys
import threading
import time
import traceback

from faces import (PULSE, SLEEP, Timeout, get_hub, is_eventlet, kill, library, nap, say, spawn,
                   value_of)

free, held = library()
blocking_sleep = time.sleep


class Own(Exception):
    pass


def timed_out(call, *arguments):
    """[the same instance, only after the call's time, the innermost function of its traceback]"""
    began = time.monotonic()
    try:
        with Timeout(SLEEP / 3) as timeout:
            call(*arguments)
            return "went on"
    except Timeout as error:
        innermost = traceback.extract_tb(error.__traceback__)[-1].name
        return [error is timeout, time.monotonic() - began >= SLEEP, innermost]


def of_own_class():
    try:
        with Timeout(SLEEP / 3, Own):
            blocking_sleep(SLEEP)
            return "went on"
    except Own as error:
        return type(error).__name__ + str(error.args)


def silent():
    """The block is left quietly, and what comes after it runs."""
    with Timeout(SLEEP / 3, False):
        blocking_sleep(SLEEP)
        return "went on"
    return "left"


def while_handling():
    """The exception that is being handled is the green thread's own, and the context."""
    try:
        raise Own("first")
    except Own as first:
        try:
            with Timeout(SLEEP / 3):
                blocking_sleep(SLEEP)
        except Timeout as error:
            return [error.__context__ is first, sys.exc_info()[1] is error]
        return [sys.exc_info()[1] is first, "went on"]


def callback_between():
    """Into a callback that comes first; ctypes cannot pass it on."""
    came = []
    function = ctypes.CFUNCTYPE(None)(lambda: came.append("callback"))
    try:
        with Timeout(1.5 * SLEEP):
            free.with_callback(int(SLEEP * 1e6), function)
    except Timeout:
        came.append("timeout")
    return came


def killed():
    came = []

    def victim():
        try:
            blocking_sleep(SLEEP)
            came.append("went on")
        finally:
            came.append(str(sys.exc_info()[0] and sys.exc_info()[0].__name__))

    green = spawn(victim)
    nap(PULSE)
    kill(green)
    value_of(green)
    return came


def twice_raised():
    """A timeout and then a kill: one when the call is over, the other at the next yield."""
    came = []

    def victim():
        try:
            with Timeout(SLEEP / 3):
                blocking_sleep(SLEEP)
        except Timeout:
            came.append("timeout")
        try:
            nap(SLEEP)
        except BaseException as error:
            came.append(type(error).__name__)

    green = spawn(victim)
    nap(SLEEP / 2)
    kill(green)
    value_of(green)
    return came


def is_quiet(call, *arguments):
    """Nothing is raised any more."""
    try:
        call(*arguments)
    except BaseException as error:
        return type(error).__name__
    return True


def beside_pending():
    """Another green thread waits with an exception pending, which is its own."""
    other = spawn(held.pending, int(3e6 * SLEEP))
    nap(PULSE)
    return [timed_out(blocking_sleep, SLEEP), is_quiet(blocking_sleep, PULSE), value_of(other)]


def unlooked():
    """Raised in a function that C code called, which ended it: it does not come again."""
    with Timeout(SLEEP / 3):
        ended = held.unlooked(int(SLEEP * 1e6), ctypes.py_object(lambda: nap))
    return [ended, is_quiet(blocking_sleep, PULSE)]


@contextlib.contextmanager
def slow_timers():
    """The next timer is made slowly, by a call that is parked, too: as garbage may be collected at
    any time. gevent's loop lets nobody do that."""
    hub = get_hub()
    if not is_eventlet:
        yield
        return
    make = hub.schedule_call_global

    def once(*arguments, **words):
        hub.schedule_call_global = make
        blocking_sleep(SLEEP)
        return make(*arguments, **words)

    hub.schedule_call_global = once
    try:
        yield
    finally:
        hub.schedule_call_global = make


def amid_parking():
    """Raised in a call that is made while another one is about to be parked."""
    try:
        with Timeout(SLEEP / 3, Own), slow_timers():
            blocking_sleep(SLEEP)
        return ["went on", is_quiet(blocking_sleep, PULSE)]
    except Own:
        return ["raised", is_quiet(blocking_sleep, PULSE)]


def nested():
    """The outer limit ends first, and with it the inner one's block: that is not raised then."""
    came = []
    try:
        with Timeout(SLEEP / 3) as outer:
            with Timeout(SLEEP / 2):
                blocking_sleep(SLEEP)
            came.append("went on")
    except Timeout as error:
        came.append("outer" if error is outer else "inner")
    return came + [is_quiet(nap, PULSE)]


def outcome(seconds):
    """A limit may end beside the call, and is not met then; or it is, and that is not lost."""
    try:
        with Timeout(seconds / 3) as timeout:
            blocking_sleep(seconds)
            return "went on" if timeout.pending else "lost"
    except Timeout as error:
        return "raised" if error is timeout else "another's"


def while_threads_begin():
    """Until it runs, a thread goes by the number of the one that started it, up to CPython 3.11."""
    def start_threads():
        while True:
            for _ in range(3):
                _thread.start_new_thread(int, ())
            nap(0.0005)

    starts = spawn(start_threads)
    came = {outcome(SLEEP / 5) for _ in range(10)}
    kill(starts)
    return ["raised" in came, sorted(came - {"raised", "went on"})]


def in_green(call, *arguments):
    return value_of(spawn(call, *arguments))


def in_thread(call, *arguments):
    """On a native thread with a hub of its own."""
    values = []
    thread = threading.Thread(target=lambda: values.append(in_green(call, *arguments)))
    thread.start()
    thread.join()
    return values[0]


def main():
    cases = {"sleep": lambda: in_green(timed_out, blocking_sleep, SLEEP),
             "two calls in one": lambda: in_green(timed_out, free.twice, int(SLEEP * 6e5)),
             "the main green thread": lambda: timed_out(blocking_sleep, SLEEP),
             "a thread of its own": lambda: in_thread(timed_out, blocking_sleep, SLEEP),
             "own class": lambda: in_green(of_own_class),
             "silent": lambda: in_green(silent),
             "while handling": lambda: in_green(while_handling),
             "callback": lambda: in_green(callback_between),
             "beside pending": lambda: in_green(beside_pending),
             "unlooked": lambda: in_green(unlooked),
             "amid parking": lambda: in_green(amid_parking),
             "nested": lambda: in_green(nested),
             "threads begin": lambda: in_green(while_threads_begin),
             "killed": killed,
             "twice": twice_raised}
    nap(0)
    say(None, {name: case() for name, case in cases.items()}, eventlet=is_eventlet)


main()
