# SPDX-License-Identifier: MIT
"""interpreter_lock.py RUNTIME CASE LIBRARY: green threads wait in C code with a lock held, and
native threads want that lock with the interpreter lock held, which a parked green thread needs to
go on. Prints what each got.

    mutex, c11, read, write    the kind of lock: wanted when its owner is about to be parked
    again      a lock whose owner is parked several times, one after the other
    behind     a lock whose owner, a native thread, waits for that one
    two        two native threads want it, in many rounds
    inside     ... and a green thread of the owner's
"""
import ctypes
import sys
import threading
import time

RUNTIME, CASE, PATH = sys.argv[1:]
MANY = 20
LIBRARY = ctypes.CDLL(PATH)
HOLDING = ctypes.PyDLL(PATH)  # its functions are called with the interpreter lock held
MUTEX, C11, READ, WRITE = range(4)
WHICH = {"mutex": MUTEX, "c11": C11, "read": READ, "write": WRITE}
KIND = WHICH.get(CASE, WRITE if CASE == "again" else MUTEX)
LONG, SHORT = 50, 1  # ms

if RUNTIME == "eventlet":
    import eventlet
    spawn, wait = eventlet.spawn, lambda green: green.wait()
else:
    import gevent
    spawn, wait = gevent.spawn, lambda green: green.get()


def ask(turn):
    return LIBRARY.library_ask(KIND, turn, 3 if CASE == "again" else 1)


def look(results, turn):
    while not LIBRARY.library_is_asked(turn):
        time.sleep(0.0005)
    function = HOLDING.library_look_behind if CASE == "behind" else HOLDING.library_look
    results.append(function(KIND, turn, SHORT if CASE in ("two", "inside") else LONG))


def run(turn):
    results = []
    native = [threading.Thread(target=look, args=(results, turn))
              for _ in range(2 if CASE in ("two", "inside") else 1)]
    for one in native:
        one.start()
    green = [spawn(ask, turn)]
    if CASE == "inside":
        green.append(spawn(HOLDING.library_look, KIND, turn, 0))
    answers = [wait(one) for one in green]
    for one in native:
        one.join()
    print(turn, answers, results, flush=True)


assert LIBRARY.library_start()
for number in range(MANY if CASE in ("two", "inside") else 1):
    run(number)
LIBRARY.library_stop()
