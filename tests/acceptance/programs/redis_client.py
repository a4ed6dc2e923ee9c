# SPDX-License-Identifier: MIT
"""redis_client.py CLIENT PORT SECONDS: as mysql.py, with BLPOP of a list that stays empty for SECONDS.
CLIENT is hiredis (a C library through ctypes) or redis (Python, on patched sockets)."""
import ctypes
import sys

import eventlet

eventlet.monkey_patch()

import ticker  # noqa: E402

THREADS = 4


class Hiredis:
    """The little of libhiredis that is needed; a reply's first field is its type, 4 is nil."""
    NIL = 4

    def __init__(self, port):
        self.library = ctypes.CDLL("libhiredis.so.0.14")
        self.library.redisConnect.restype = ctypes.c_void_p
        self.library.redisCommand.restype = ctypes.POINTER(ctypes.c_int)
        self.context = ctypes.c_void_p(self.library.redisConnect(b"127.0.0.1", port))

    def blpop(self, key, seconds):
        reply = self.library.redisCommand(self.context, b"BLPOP %s %s", key.encode(),
                                          str(seconds).encode())
        return None if reply[0] == self.NIL else reply[0]


def client(name, port):
    if name == "hiredis":
        return Hiredis(port)
    import redis
    return redis.Redis(host="127.0.0.1", port=port)


def pop(connection, seconds):
    return connection.blpop("absent", seconds)


def main(name, port, seconds):
    connections = [client(name, int(port)) for _ in range(THREADS)]
    ticker.measure(eventlet.spawn, eventlet.sleep,
                   [lambda one=one: pop(one, float(seconds)) for one in connections])


main(*sys.argv[1:])
