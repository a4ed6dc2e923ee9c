# SPDX-License-Identifier: MIT
"""What shunt needs of CPython to park a green thread, also where no greenlet is built for this
version: a hub of Eventlet's shape that has no other green threads and waits by itself."""
import _thread
import ctypes
import json
import sys
import time
import types

SLEEP = 0.02
libc = ctypes.CDLL(None)
library = ctypes.PyDLL(sys.argv[1])


class Green(object):
    def switch(self, value):
        raise AssertionError("nobody can be switched to")

    def throw(self, error):
        thrown.append(error)


class Hub(object):
    poll = None

    def __init__(self):
        self.greenlet, self.timers, self.raised, self.waits = Green(), [], [], 0

    def schedule_call_global(self, seconds, call, *arguments):
        if seconds:
            self.timers.append((seconds, call, arguments))
        else:
            call(*arguments)
        return types.SimpleNamespace(cancel=lambda: None)

    def switch(self):
        """Waits as a hub would, for the timer that was made last, and wakes who waits for it."""
        self.waits += 1
        if self.raised:
            raise self.raised.pop()
        seconds, call, arguments = self.timers.pop()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass
        return arguments[0]


class Timeout(BaseException):
    pass


def raised():
    """[the same instance, of the same class, without a context, the function it was raised in]"""
    timeout = Timeout("first")
    hub.raised = [timeout]
    try:
        libc.usleep(int(SLEEP * 1e6))
        return "went on"
    except Timeout as error:
        return [error is timeout, type(error) is Timeout, error.__context__ is None,
                error.__traceback__.tb_frame.f_code.co_name]


def raised_twice():
    hub.raised = [Timeout("second"), Timeout("first")]
    try:
        try:
            libc.usleep(int(SLEEP * 1e6))
        finally:
            thrown.append("finally")
    except Timeout as error:
        return [error.args, [str(one) for one in thrown]]
    return "went on"


def handled():
    try:
        raise ValueError
    except ValueError as error:
        libc.usleep(int(SLEEP * 1e6))
        return sys.exc_info()[1] is error


def raised_beside_newborn():
    """Until a thread begins to run, CPython up to 3.11 has it by the number of the one that made it."""
    state = api.PyThreadState_New(api.PyInterpreterState_Head())
    try:
        return raised()
    finally:
        api.PyThreadState_Clear(state)
        api.PyThreadState_Delete(state)


def all_of_it():
    del thrown[:]
    values.append([raised(), raised_twice(), raised_beside_newborn(), handled(),
                   library.pending(int(SLEEP * 1e6))])
    done.release()


api = ctypes.pythonapi
api.PyInterpreterState_Head.restype = api.PyThreadState_New.restype = ctypes.c_void_p
api.PyThreadState_New.argtypes = api.PyThreadState_Clear.argtypes = [ctypes.c_void_p]
api.PyThreadState_Delete.argtypes = [ctypes.c_void_p]
hub, thrown, values = Hub(), [], []
current = Green()
sys.modules["greenlet"] = types.SimpleNamespace(getcurrent=lambda: current)
sys.modules["eventlet.hubs"] = types.SimpleNamespace(_threadlocal=types.SimpleNamespace(hub=hub))
done = _thread.allocate_lock()
done.acquire()
time.sleep(SLEEP)  # shunt has found no runtime so far, and does not ask at every call
all_of_it()
done.acquire()
_thread.start_new_thread(all_of_it, ())
done.acquire()
json.dump({"same": None, "by_route": values, "figures": {"version": sys.version_info[:3],
                                                         "waits": hub.waits}}, sys.stdout)
