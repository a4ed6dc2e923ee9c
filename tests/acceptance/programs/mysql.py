# SPDX-License-Identifier: MIT
"""mysql.py DRIVER PORT SECONDS [THREADS]: four green threads, a connection each, SELECT SLEEP(SECONDS)
in each, under Eventlet as monkey_patch() leaves it, or under gevent (HUB). DRIVER is MySQLdb (C, not
patched by default) or pymysql (Python, on patched sockets)."""
import importlib
import sys

import hub
import ticker


def query(connection, seconds):
    cursor = connection.cursor()
    cursor.execute("SELECT SLEEP(%s), 6 * 7", (seconds,))
    return [int(value) for value in cursor.fetchone()]


def main(name, port, seconds, threads=4):
    driver = importlib.import_module(name)
    connections = [driver.connect(host="127.0.0.1", port=int(port), user="root")
                   for _ in range(int(threads))]
    ticker.measure(hub.spawn, hub.sleep,
                   [lambda one=one: query(one, float(seconds)) for one in connections])


main(*sys.argv[1:])
