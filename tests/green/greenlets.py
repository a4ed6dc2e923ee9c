# SPDX-License-Identifier: MIT
"""greenlets.py RUNTIME CASE LIBRARY: green threads of Eventlet or gevent share what only one of
them may have while it waits for an answer in C code. Prints what each got, and nothing that
depends on who came first.

    lock       a mutex of the library's
    condition  ... handed on by a condition
    python     a lock of Python's own, not patched
    busy       ... while a native thread computes, and wants the interpreter lock all the time
    order      the mutex is also wanted by a native thread with the interpreter lock held
    inside     ... and by one of the green threads itself
"""
import _thread
import ctypes
import os
import socket
import struct
import sys
import threading
import time

RUNTIME, CASE, PATH = sys.argv[1:]
GREEN, ROUNDS = 3, 4
# Who computes keeps the interpreter lock for 5 ms at a time: an answer that is there before the
# caller has it back makes no green thread wait.
ANSWER_AFTER = 0.03 if CASE == "busy" else 0.002  # seconds
LIBRARY = ctypes.CDLL(PATH)
HOLDING = ctypes.PyDLL(PATH)  # its functions are called with the interpreter lock held
OURS, THEIRS = socket.socketpair()


def serve():
    OURS.close()
    while True:
        question = THEIRS.recv(4)
        if not question:
            os._exit(0)
        time.sleep(ANSWER_AFTER)
        THEIRS.sendall(struct.pack("=i", struct.unpack("=i", question)[0] + 1))


SERVER = os.fork()
if not SERVER:
    serve()
THEIRS.close()
NATIVE = threading.Thread
LOCK = _thread.allocate_lock()

if RUNTIME == "eventlet":
    import eventlet
    eventlet.monkey_patch(thread=False, time=False)
    spawn, wait = eventlet.spawn, lambda green: green.wait()
else:
    import gevent
    spawn, wait = gevent.spawn, lambda green: green.get()


def ask(value):
    if CASE == "condition":
        return LIBRARY.held_pass(OURS.fileno(), value)
    if CASE in ("python", "busy"):
        with LOCK:
            return LIBRARY.held_ask(OURS.fileno(), value)
    return LIBRARY.held_ask(OURS.fileno(), value)


def look_until(done, first):
    while not done.is_set():
        HOLDING.held_look()
        first.set()
        time.sleep(0.0005)


def compute_until(done, first):
    first.set()
    while not done.is_set():
        sum(range(1000))


def work(number):
    if CASE == "inside" and number == GREEN - 1:
        return [HOLDING.held_look() for _ in range(ROUNDS)]
    return [ask(10 * turn + number) for turn in range(ROUNDS)]


OTHERS = {"order": look_until, "busy": compute_until}


def main():
    done, first = threading.Event(), threading.Event()
    if CASE in OTHERS:
        native = NATIVE(target=OTHERS[CASE], args=(done, first))
        native.start()
        first.wait()
    green = [spawn(work, number) for number in range(GREEN)]
    for number, one in enumerate(green):
        print(number, wait(one), flush=True)
    if CASE in OTHERS:
        done.set()
        native.join()
    OURS.close()
    os.waitpid(SERVER, 0)


main()
