# SPDX-License-Identifier: MIT
"""Places from which no other green thread may run: there the call is made in place, and the values
are those of a bare run. Then exceptions in flight, which are the green thread's own."""
import io
import os
import sys
import tempfile
import threading
import time

from faces import SLEEP, is_eventlet, later, library, nap, say, spawn, value_of, values_of

free, held = library()
MODULE = "import time\ntime.sleep({0})\nvalue = 1\n"


def hub_itself():
    """[it slept, no other green thread ran meanwhile]"""
    came = []

    def call():
        began, before = time.monotonic(), len(ticks)
        time.sleep(SLEEP)
        came.append([time.monotonic() - began >= SLEEP, len(ticks) == before])

    later(call)
    while not came:
        nap(0.01)
    return came[0]


def interpreter_lock_held():
    before = len(ticks)
    values_of(lambda: held.once(int(SLEEP * 1e6)))
    return len(ticks) - before < 5


def importing():
    """A module whose body blocks, imported by two at once: neither sees half of it."""
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "slow_module.py"), "w", encoding="ascii") as file:
            file.write(MODULE.format(SLEEP))
        sys.path.insert(0, directory)
        return values_of(*[lambda: __import__("slow_module").value] * 2)


def buffered_reader():
    """Two that read from one object: neither is told that it is in use."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        time.sleep(SLEEP)
        os.write(writer, b"abcd")
        os._exit(0)
    file = open(reader, "rb")
    values = values_of(*[lambda: io.BufferedReader.read(file, 2).decode()] * 2)
    os.waitpid(pid, 0)
    return values


def thread_without_hub():
    values = []
    thread = threading.Thread(target=lambda: values.append(time.sleep(SLEEP / 3)))
    thread.start()
    thread.join()
    return values


def handled():
    """The exception that each handles is its own after the call."""
    def handle(number):
        try:
            raise ValueError(number)
        except ValueError as error:
            time.sleep(SLEEP / number)
            return sys.exc_info()[1] is error

    return values_of(*[lambda n=n: handle(n) for n in (1, 2, 3)])


def pending():
    """C code gives the lock away with an exception pending, another one with none."""
    return values_of(lambda: held.pending(int(SLEEP * 1e6)), lambda: free.once(int(SLEEP * 5e5)),
                     lambda: held.pending(int(SLEEP * 3e5)))


def replaced_hub():
    """Calls go to the hub that the thread has when they are made."""
    if not is_eventlet:
        return [[None, None]] * 2
    from eventlet import hubs
    values = []
    for name in ("poll", "selects"):
        hubs.use_hub(name)
        values.append(values_of(lambda: time.sleep(SLEEP / 3), lambda: time.sleep(SLEEP / 3)))
    return values


def tick():
    while running:
        ticks.append(1)
        nap(0.01)


ticks, running = [], [1]
pulse = spawn(tick)
nap(0)
SAME = [call() for call in (hub_itself, interpreter_lock_held, importing, buffered_reader,
                            thread_without_hub, handled, pending)]
running.clear()
value_of(pulse)
SAME.append(replaced_hub())
say(SAME)
