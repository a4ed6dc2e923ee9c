# SPDX-License-Identifier: MIT
"""mysql.py DRIVER PORT SECONDS: four green threads, a connection each, SELECT SLEEP(SECONDS) in each,
under Eventlet as monkey_patch() leaves it. DRIVER is MySQLdb (C, not patched by default) or pymysql
(Python, on patched sockets)."""
import importlib
import sys

import eventlet

eventlet.monkey_patch()

import ticker  # noqa: E402

THREADS = 4


def query(connection, seconds):
    cursor = connection.cursor()
    cursor.execute("SELECT SLEEP(%s), 6 * 7", (seconds,))
    return [int(value) for value in cursor.fetchone()]


def main(name, port, seconds):
    driver = importlib.import_module(name)
    connections = [driver.connect(host="127.0.0.1", port=int(port), user="root")
                   for _ in range(THREADS)]
    ticker.measure(eventlet.spawn, eventlet.sleep,
                   [lambda one=one: query(one, float(seconds)) for one in connections])


main(*sys.argv[1:])
