# SPDX-License-Identifier: MIT
"""databases.py RUNTIME MARIADB POSTGRESQL (ports): four green threads, a connection each, a query that
sleeps in the server; then a query that fails and one that a Timeout falls into."""
import sys
import time

import MySQLdb
import psycopg2

from faces import SLEEP, Pulse, Timeout, nap, say, spawn, value_of

THREADS = 4


def mariadb():
    return MySQLdb.connect(host="127.0.0.1", port=int(sys.argv[2]), user="root")


def postgresql():
    return psycopg2.connect(host="127.0.0.1", port=int(sys.argv[3]), user="test",
                            dbname="postgres")


def query(connection, text):
    cursor = connection.cursor()
    cursor.execute(text)
    return [int(value) for value in cursor.fetchone()]


def all_at_once(pulse, connect, text):
    """(values, whether the hub's others ran in each, seconds)"""
    connections = [connect() for _ in range(THREADS)]
    began = time.monotonic()
    green = [spawn(pulse.within, lambda one=one: query(one, text)) for one in connections]
    done = [value_of(one) for one in green]
    return [value for _, value in done], [ticked for ticked, _ in done], time.monotonic() - began


def fails(connect, error):
    connection = connect()
    try:
        return query(connection, "SELECT no_such_column")
    except error as raised:
        connection.rollback()
        return [type(raised).__name__, query(connection, "SELECT 6 * 7")]


def timed_out(connect, text):
    """As with any driver, the connection is of no use any more."""
    connection = connect()
    try:
        with Timeout(SLEEP / 3):
            query(connection, text)
            return "went on"
    except Timeout:
        return "timed out"
    finally:
        connection.close()


def main():
    pulse = Pulse()
    nap(0)
    mysql = f"SELECT SLEEP({SLEEP}), 6 * 7"
    postgres = f"SELECT length(pg_sleep({SLEEP})::text), 6 * 7"
    runs = [all_at_once(pulse, mariadb, mysql), all_at_once(pulse, postgresql, postgres)]
    failed = [fails(mariadb, MySQLdb.Error), fails(postgresql, psycopg2.Error)]
    interrupted = [value_of(spawn(timed_out, mariadb, mysql)),
                   value_of(spawn(timed_out, postgresql, postgres))]
    pulse.stop()
    say([[values for values, _, _ in runs], failed],
        {"ticked": [ticked for _, ticked, _ in runs], "timeouts": interrupted},
        seconds=[round(took, 3) for _, _, took in runs], gap=pulse.gap)


main()
