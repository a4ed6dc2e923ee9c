# SPDX-License-Identifier: MIT
"""caches.py PORT REDIS_PORT MEMCACHED_PORT: an Eventlet WSGI service with a cache in redis, through
libhiredis, and one in memcached, through calls of libc's own; both block the hub. GET /store/TEXT keeps
TEXT in both and answers what both have; GET /gap answers how long the hub could not turn since the
last such question, and how many requests were under way at a time."""
import ctypes
import sys

import eventlet
import eventlet.patcher
import eventlet.wsgi
import ticker

plain = eventlet.patcher.original("socket")  # what C code would use
eventlet.monkey_patch()

PORT, REDIS, MEMCACHED = map(int, sys.argv[1:4])
LIBC = ctypes.CDLL(None)
HIREDIS = ctypes.CDLL("libhiredis.so.0.14")
HIREDIS.redisConnect.restype = HIREDIS.redisCommand.restype = ctypes.c_void_p
PULSE = ticker.Ticker(eventlet.spawn, eventlet.sleep)
IDLE = []


class Reply(ctypes.Structure):
    """As hiredis 0.14 has it."""
    _fields_ = [("type", ctypes.c_int), ("integer", ctypes.c_longlong), ("length", ctypes.c_size_t),
                ("text", ctypes.c_char_p)]


def redis_ask(context, *words):
    form = b" ".join([b"%s"] * len(words))
    reply = ctypes.c_void_p(HIREDIS.redisCommand(context, form, *words))
    text = Reply.from_address(reply.value).text
    HIREDIS.freeReplyObject(reply)
    return text


def memcached_ask(fd, question):
    buffer = ctypes.create_string_buffer(4096)
    LIBC.send(fd, question, len(question), 0)
    count = LIBC.recv(fd, buffer, len(buffer), 0)
    return buffer.raw[:count]


class Connections:
    def __init__(self):
        self.redis = ctypes.c_void_p(HIREDIS.redisConnect(b"127.0.0.1", REDIS))
        self.memcached = plain.create_connection(("127.0.0.1", MEMCACHED)).detach()

    def store(self, key, text):
        redis_ask(self.redis, b"BLPOP", b"nothing", b"0.05")  # what takes its time
        redis_ask(self.redis, b"SET", key, text)
        memcached_ask(self.memcached, b"set %s 0 0 %d\r\n%s\r\n" % (key, len(text), text))
        there = memcached_ask(self.memcached, b"get %s\r\n" % key).split(b"\r\n")[1]
        return b"%s %s" % (redis_ask(self.redis, b"GET", key), there)


def app(environ, start_response):
    _, what, *text = environ["PATH_INFO"].encode().split(b"/")
    if what == b"gap":
        body = b"%d %d" % (1000 * PULSE.gap, PULSE.together)
        PULSE.gap = PULSE.together = 0
    else:
        connections = IDLE.pop() if IDLE else Connections()
        body = PULSE.counted(lambda: connections.store(b"key." + text[0], text[0]))[0]
        IDLE.append(connections)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


eventlet.wsgi.server(eventlet.listen(("127.0.0.1", PORT)), app, log_output=False)
