# SPDX-License-Identifier: MIT
"""handoff.py LIBRARY SECONDS: three green threads use one connection through a C library that hands
the waiting on between its callers (handoff.c), as libvirt's does: first each through eventlet.tpool,
where native threads share the connection, then directly, where each blocks the hub. The server, a
process of its own, answers SECONDS after each question, the latest question first."""
import ctypes
import os
import select
import socket
import struct
import sys
import time

CALLERS = 3
MESSAGE = struct.Struct("=II")


def serve(connection, seconds):
    """Answers what came in the last SECONDS, latest first: value + 1."""
    questions = []
    while True:
        wait = seconds if questions else None
        if select.select([connection], [], [], wait)[0]:
            question = connection.recv(MESSAGE.size)
            if not question:
                os._exit(0)
            questions.append(MESSAGE.unpack(question))
        else:
            for serial, value in reversed(questions):
                connection.sendall(MESSAGE.pack(serial, value + 1))
            questions = []


def connect(seconds):
    ours, theirs = socket.socketpair()
    if not os.fork():
        ours.close()
        serve(theirs, seconds)
    theirs.close()
    return ours


CONNECTION = connect(float(sys.argv[2]))

import eventlet  # noqa: E402

eventlet.monkey_patch()

from eventlet import tpool  # noqa: E402
import ticker  # noqa: E402


def main():
    library = ctypes.CDLL(sys.argv[1])
    library.handoff_new.restype = ctypes.c_void_p
    library.handoff_call.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.handoff_call.restype = ctypes.c_int64
    client = library.handoff_new(CONNECTION.fileno())

    def in_thread(value):
        return tpool.execute(library.handoff_call, client, value)

    def on_hub(value):
        return library.handoff_call(client, value)

    pulse = ticker.Ticker(eventlet.spawn, eventlet.sleep)
    began = time.monotonic()
    values, ticks = [], []
    for call in (in_thread, on_hub):
        green = [eventlet.spawn(pulse.counted, lambda value=value, call=call: call(value))
                 for value in range(CALLERS)]
        done = [one.wait() for one in green]
        values.append([value for value, _ in done])
        ticks.append([count for _, count in done])
    took = time.monotonic() - began
    pulse.stop()
    ticker.say(values, ticks, pulse, took)
    sys.stdout.flush()
    tpool.killall()


main()
