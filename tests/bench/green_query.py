# SPDX-License-Identifier: MIT
"""green_query.py WAY KIND COUNT PORT: psycopg2 under Eventlet, whose waits no patch reaches. WAY is direct
or tpool (eventlet.tpool.execute around each query). KIND is one (`select 1`, COUNT times, one after
the other) or ten (ten green threads with `select pg_sleep(0.2)` each). Says nanoseconds a query."""
import sys
import time

import eventlet

eventlet.monkey_patch(psycopg=False)

from eventlet import tpool  # noqa: E402
import psycopg2  # noqa: E402

WAY, KIND, COUNT, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def connect():
    return psycopg2.connect(host="127.0.0.1", port=PORT, user="test", dbname="postgres").cursor()


def query(cursor, text):
    if WAY == "tpool":
        tpool.execute(cursor.execute, text)
    else:
        cursor.execute(text)
    return cursor.fetchone()


def one():
    cursor = connect()
    for _ in range(COUNT // 10):
        query(cursor, "select 1")
    began = time.monotonic_ns()
    for _ in range(COUNT):
        query(cursor, "select 1")
    return (time.monotonic_ns() - began) / COUNT


def ten():
    cursors = [connect() for _ in range(10)]
    for cursor in cursors:
        query(cursor, "select 1")
    began = time.monotonic_ns()
    for green in [eventlet.spawn(query, cursor, "select pg_sleep(0.2)") for cursor in cursors]:
        green.wait()
    return time.monotonic_ns() - began


print(eventlet.spawn({"one": one, "ten": ten}[KIND]).wait())
