# SPDX-License-Identifier: MIT
"""postgresql.py PSYCOPG PORT SECONDS: as mysql.py, with psycopg2 and pg_sleep, under
eventlet.monkey_patch(psycopg=PSYCOPG), True or False."""
import sys

import eventlet

eventlet.monkey_patch(psycopg=sys.argv[1] == "True")

import psycopg2  # noqa: E402
import ticker  # noqa: E402

THREADS = 4


def query(connection, seconds):
    cursor = connection.cursor()
    cursor.execute("SELECT pg_sleep(%s), 6 * 7", (seconds,))
    return cursor.fetchone()[1]


def main(port, seconds):
    connections = [psycopg2.connect(host="127.0.0.1", port=port, user="test", dbname="postgres")
                   for _ in range(THREADS)]
    ticker.measure(eventlet.spawn, eventlet.sleep,
                   [lambda one=one: query(one, float(seconds)) for one in connections])


main(*sys.argv[2:])
