# SPDX-License-Identifier: MIT
"""A small web service of the kind that is to leave Eventlet: for each request it looks up a host with
libc's resolver, reads from MariaDB through MySQLdb, and writes a line to disk. All three block.

service.py PORT DATABASE_PORT HOST      SERVICE_BACKEND=threads serves with native threads instead"""
import os
import queue
import socket
import sys

THREADS = os.environ.get("SERVICE_BACKEND") == "threads"
if not THREADS:
    import eventlet
    import eventlet.wsgi
    eventlet.monkey_patch()

import MySQLdb  # noqa: E402

PORT, DATABASE_PORT, HOST = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
JOURNAL = os.open("journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
IDLE = queue.LifoQueue()


def lookup(host):
    return socket.getaddrinfo(host, 80)[0][4][0]


def connect():
    return MySQLdb.connect(host="127.0.0.1", port=DATABASE_PORT, user="root")


def load_user(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT 'user', SLEEP(0.008)")  # a query that takes 8 ms
    return cursor.fetchone()[0]


def record(line):
    os.write(JOURNAL, line.encode())
    os.fsync(JOURNAL)


def app(_, start_response):
    address = lookup(HOST)
    connection = connect() if IDLE.empty() else IDLE.get()
    user = load_user(connection)
    IDLE.put(connection)
    record(f"{user} {address}\n")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{user} at {address}\n".encode()]


def serve_threads():
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads, request_queue_size = True, 64

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

    make_server("127.0.0.1", PORT, app, Server, Quiet).serve_forever()


if THREADS:
    serve_threads()
else:
    eventlet.wsgi.server(eventlet.listen(("127.0.0.1", PORT)), app, log_output=False)
