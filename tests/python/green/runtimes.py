# SPDX-License-Identifier: MIT
"""One face for Eventlet and gevent, so that the programs here are written once. Nothing is patched:
what blocks and what yields is chosen by name."""
import sys


class Eventlet:
    raises = True  # what a green thread does not catch leaves its outermost frame

    def __init__(self):
        import eventlet
        from eventlet import event, greenpool
        from eventlet.green import socket
        self.spawn, self.sleep, self.socketpair = eventlet.spawn, eventlet.sleep, socket.socketpair
        self.socket, self.pool_class, self.event_class = socket, greenpool.GreenPool, event.Event
        self.kill, self.timeout = eventlet.kill, eventlet.Timeout

    def event(self):
        event = self.event_class()
        return event.send, event.wait

    def join(self, threads):
        for thread in threads:
            thread.wait()

    def pooled(self, size, function, count):
        """`count` times in a pool of this size."""
        pool = self.pool_class(size)
        for _ in range(count):
            pool.spawn_n(function)
        pool.waitall()


class Gevent:
    raises = False  # Greenlet.run() catches all

    def __init__(self):
        import gevent
        import gevent.event
        import gevent.pool
        from gevent import socket
        self.spawn, self.sleep, self.socketpair = gevent.spawn, gevent.sleep, socket.socketpair
        self.socket, self.pool_class, self.event_class = socket, gevent.pool.Pool, gevent.event.Event
        self.joinall = gevent.joinall
        self.kill, self.timeout = gevent.kill, gevent.Timeout

    def event(self):
        event = self.event_class()
        return event.set, event.wait

    def join(self, threads):
        self.joinall(threads, raise_error=True)

    def pooled(self, size, function, count):
        pool = self.pool_class(size)
        for _ in range(count):
            pool.spawn(function)
        pool.join()


def chosen():
    return {"eventlet": Eventlet, "gevent": Gevent}[sys.argv[1]]()
