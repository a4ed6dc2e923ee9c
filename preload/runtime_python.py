# SPDX-License-Identifier: MIT
"""How a green thread of Eventlet or gevent is parked inside a call of C code.

Part of libshunt.so, which runs it once in a process, by runtime_python.c and with the interpreter
lock held; `modules` is sys.modules. Nothing is imported: this may run while other code does. What
goes wrong here is an answer (NOT_PARKED), so that the call is made in place.
"""
__name__ = "shunt"
READY, TIMED_OUT, NOT_PARKED, INTERRUPTED = 1, 0, -1, -2  # enum shunt_waited
HERE, NO_GREEN, NO_RUNTIME = 0, 1, 2

SELECTABLE = 1024  # FD_SETSIZE

getcurrent = modules["greenlet"].getcurrent  # noqa: F821
monotonic = modules["time"].monotonic  # noqa: F821
getframe, getrefcount = modules["sys"]._getframe, modules["sys"].getrefcount  # noqa: F821
here_in = globals()

parked = set()  # green threads; held here, so that none is taken for garbage and ended
owed = {}  # green thread: what was raised in it while it was parked
promised = {}  # thread: (green thread, what is raised there as soon as its Python code goes on)
set_aside = {}  # green thread: the exception that was pending when its call began


class Eventlet:
    """The hub that a thread has now; the functions that answer with one would make one."""

    @staticmethod
    def hub():
        hubs = modules.get("eventlet.hubs")  # noqa: F821
        return getattr(hubs._threadlocal, "hub", None) if hubs else None

    @staticmethod
    def greenlet(hub):
        return hub.greenlet

    @staticmethod
    def start(hub, green, fd, seconds, wait, stops):
        """Wakes come from timers, as those of a green thread that was spawned: what it ends with
        is told in the same words then."""
        def ready(*_):
            stops.append(hub.schedule_call_global(0, green.switch, (wait, READY)).cancel)

        if fd >= 0:
            if fd >= SELECTABLE and not hasattr(hub, "poll"):
                raise OverflowError
            listener = hub.add("read", fd, ready, ready, None)
            stops.append(lambda: hub.remove(listener))
        if seconds >= 0:
            timer = hub.schedule_call_global(seconds, green.switch, (wait, TIMED_OUT))
            stops.append(timer.cancel)

    @staticmethod
    def soon(hub, call, *arguments):
        hub.schedule_call_global(0, call, *arguments)

    @staticmethod
    def is_cancelled(error):
        module = modules.get("eventlet.timeout")  # noqa: F821
        return module and isinstance(error, module.Timeout) and error.timer is None


class Gevent:
    @staticmethod
    def hub():
        module = modules.get("gevent.hub")  # noqa: F821
        return module._get_hub() if module else None

    @staticmethod
    def greenlet(hub):
        return hub

    @staticmethod
    def start(hub, green, fd, seconds, wait, stops):
        if fd >= 0:
            watcher = hub.loop.io(fd, 1)
            stops.append(watcher.close)
            watcher.start(green.switch, (wait, READY))
        if seconds >= 0:
            if "libuv" in type(hub.loop).__module__:
                seconds = (seconds * 1000 // 1 + 1) / 1000  # its timers count milliseconds
            timer = hub.loop.timer(seconds)
            stops.append(timer.close)
            timer.start(green.switch, (wait, TIMED_OUT), update=True)

    @staticmethod
    def soon(hub, call, *arguments):
        hub.loop.run_callback(call, *arguments)

    @staticmethod
    def is_cancelled(error):
        module = modules.get("gevent.timeout")  # noqa: F821
        fake = getattr(module, "_FakeTimer", None)
        return fake and isinstance(error, module.Timeout) and error.timer is fake


def find():
    """The runtime with a hub in this thread, and the hub."""
    for runtime in (Eventlet, Gevent):
        try:
            hub = runtime.hub()
            if hub is not None:
                return runtime, hub
        except Exception:  # it is being imported
            pass
    return None, None


def here():
    """May the current green thread be parked?"""
    runtime, hub = find()
    if hub is None:
        loaded = "eventlet.hubs" in modules or "gevent.hub" in modules  # noqa: F821
        return NO_GREEN if loaded else NO_RUNTIME
    return NO_GREEN if getcurrent() is runtime.greenlet(hub) else HERE


def wait(fd, seconds):
    """Parks the current green thread until `fd` is ready or the time is over; below 0: there is no
    descriptor, no limit. It may be woken for something else, and early, for a hub's clock may be
    behind. What would wake it is undone when it is over: it waits for other things then."""
    runtime, hub = find()
    green = getcurrent()
    wait, stops = object(), []
    parked.add(green)
    try:
        deadline = monotonic() + seconds
        try:
            runtime.start(hub, green, fd, seconds, wait, stops)
        except Exception:
            return NOT_PARKED
        while True:
            try:
                woken = hub.switch()
            except BaseException as error:
                owe(green, error)
                return INTERRUPTED
            if type(woken) is not tuple or len(woken) != 2 or woken[0] is not wait:
                continue
            left = deadline - monotonic()
            if woken[1] == TIMED_OUT and left > 0:
                runtime.start(hub, green, -1, left, wait, stops)
                continue
            return woken[1]
    finally:
        parked.discard(green)
        for stop in stops:
            try:
                stop()
            except Exception:
                pass
        del stops[:]  # what is in it knows of it


# What is raised in a green thread while it is parked is raised when its call is over: as an
# asynchronous exception of the thread, which is raised where the call returns to Python code. That
# takes a class, so it is one whose instance is the exception.


def owe(green, error):
    error.__traceback__ = None  # of frames of ours
    owed.setdefault(green, []).append(error)


def escaped(error):
    """Out of `wait`, at its edges: a handler of signals may raise at any line. What is none of
    these is ours."""
    if isinstance(error, Exception):
        return NOT_PARKED
    owe(getcurrent(), error)
    return INTERRUPTED


def promise(thread):
    """The class for the first exception that the current green thread is owed, None if there is
    nothing; the others are raised when it yields next."""
    green = getcurrent()
    if green not in owed or is_amid():
        return None
    kind = class_of(thread, owed[green][0])
    error, *more = owed.pop(green)
    promised[thread] = green, error
    runtime, hub = find()
    for one in more if hub is not None else ():
        try:
            runtime.soon(hub, throw, runtime, green, one)
        except Exception:
            pass
    return kind


def is_amid():
    """Was the call made amid code of this file, by a finalizer of any object? What is promised would
    be raised here. It is when the call is over that this code is for."""
    frame = getframe(1).f_back
    while frame is not None and frame.f_globals is not here_in:
        frame = frame.f_back
    return frame is not None


def throw(runtime, green, error):
    """A Timeout whose block was left meanwhile is not raised any more."""
    if not runtime.is_cancelled(error):
        green.throw(error)


def class_of(thread, error):
    def new(cls, *_):
        if promised.get(thread, (None, None))[1] is error:
            del promised[thread]
        return error

    kind = type(error)
    members = {"__new__": new, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    try:
        return type(kind)(kind.__name__, (kind,), members)
    except Exception:  # it lets nobody inherit
        return type(kind.__name__, (BaseException,), members)


def take_back(thread, pending):
    """Another call begins, perhaps of another green thread: what was `pending` until then, and not
    raised yet, is owed again. Else it was raised, and whoever called ended that without a look."""
    green, error = promised.pop(thread, (None, None))
    if green is not None and pending:
        owed.setdefault(green, []).insert(0, error)


def keep(*error):
    set_aside[getcurrent()] = error


def kept():
    return set_aside.pop(getcurrent(), None)
