# SPDX-License-Identifier: MIT
"""resolver.py THREADS: green threads of Eventlet look up a name each with the C resolver, for greendns
is off (EVENTLET_NO_GREENDNS); the name server on 127.0.0.1 takes every question and answers none.
Meant for a network of its own, whose loopback device it brings up."""
import fcntl
import socket
import struct
import sys

SET_FLAGS, UP_AND_RUNNING = 0x8914, 1 | 0x40

SERVER = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(SERVER, SET_FLAGS, struct.pack("16sh22x", b"lo", UP_AND_RUNNING))
SERVER.bind(("127.0.0.1", 53))

import eventlet  # noqa: E402

eventlet.monkey_patch()

import ticker  # noqa: E402


def lookup(name):
    try:
        return socket.getaddrinfo(name, 80)
    except socket.gaierror as error:
        return [error.errno, error.strerror]


ticker.measure(eventlet.spawn, eventlet.sleep,
               [lambda number=number: lookup(f"peer{number}.test") for number in range(int(sys.argv[1]))])
