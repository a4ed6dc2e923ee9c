# SPDX-License-Identifier: MIT
"""A WSGI server and its clients: 200 requests over 8 connections, each of which looks a name up,
syncs a file and sleeps, all of it unpatched. Prints what a report must say."""
import json
import os
import socket  # as it is: blocks
import sys
import tempfile
import time

CLIENTS, REQUESTS, SLEEP = 8, 25, 0.002
log = tempfile.TemporaryFile(buffering=0)


def app(environ, start_response):
    socket.getaddrinfo("127.0.0.1", 80)
    log.write(b"x")
    os.fsync(log.fileno())
    time.sleep(SLEEP)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\n"]


def client(connect, port):
    connection = connect(("127.0.0.1", port))
    answers = connection.makefile("rb")
    for _ in range(REQUESTS):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while answers.readline() != b"\r\n":
            pass
        assert answers.read(6) == b"hello\n"
    connection.close()


def with_eventlet():
    import eventlet
    from eventlet import wsgi
    listener = eventlet.listen(("127.0.0.1", 0))
    server = eventlet.spawn(wsgi.server, listener, app, log_output=False)
    clients = [eventlet.spawn(client, eventlet.connect, listener.getsockname()[1])
               for _ in range(CLIENTS)]
    for one in clients:
        one.wait()
    server.kill()


def with_gevent():
    import gevent
    from gevent import pywsgi, socket as green
    server = pywsgi.WSGIServer(("127.0.0.1", 0), app, log=None)
    server.start()
    gevent.joinall([gevent.spawn(client, green.create_connection, server.server_port)
                    for _ in range(CLIENTS)], raise_error=True)
    server.stop()


{"eventlet": with_eventlet, "gevent": with_gevent}[sys.argv[1]]()
COUNT = CLIENTS * REQUESTS
print(json.dumps({
    "requests": {"server": {"eventlet": "eventlet.wsgi", "gevent": "gevent.pywsgi"}[sys.argv[1]],
                 "application": "app"},
    # A connection's end is read, too, and may be taken for a request.
    "about": [COUNT, COUNT + CLIENTS],
    "parts": {"dns": COUNT, "fsync": COUNT, "clock_nanosleep": COUNT},
    "sleep_ns": SLEEP * 1e9 * COUNT,
    "spawns": {"client": {"born": CLIENTS, "ended": CLIENTS, "peak": CLIENTS}},
}))
