# SPDX-License-Identifier: MIT
"""postgresql.py PSYCOPG PORT SECONDS [THREADS [CONNECTIONS]]: as mysql.py, with psycopg2 and pg_sleep,
under eventlet.monkey_patch(psycopg=PSYCOPG), True or False. Fewer connections than threads are shared."""
import sys

import hub
import psycopg2
import ticker


def query(connection, seconds):
    cursor = connection.cursor()
    cursor.execute("SELECT pg_sleep(%s), 6 * 7", (seconds,))
    return cursor.fetchone()[1]


def main(port, seconds, threads=4, count=0):
    connections = [psycopg2.connect(host="127.0.0.1", port=port, user="test", dbname="postgres")
                   for _ in range(int(count) or int(threads))]
    ticker.measure(hub.spawn, hub.sleep,
                   [lambda one=connections[i % len(connections)]: query(one, float(seconds))
                    for i in range(int(threads))])


main(*sys.argv[2:])
