# SPDX-License-Identifier: MIT
"""An application with a package and the standard library below it. What waits is marked; the test
looks the marks up, so that lines may move."""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])

from slowdb import connection  # noqa: E402

ROUNDS = 8


class Shop:
    def load(self, database):
        return database.query()  # LINE Shop.load

    def pause(self):
        time.sleep(0.004)  # LINE Shop.pause

    @staticmethod
    def lazily():
        for _ in range(ROUNDS):
            time.sleep(0.004)  # LINE Shop.lazily
            yield 1


def order(value):
    time.sleep(0.002)  # LINE order
    return -value


def run_child():
    subprocess.run(["/bin/sleep", "0.02"], check=True)  # LINE run_child


def wrapped(function):
    return function()  # LINE wrapped


def careful():
    wrapped(lambda: time.sleep(0.03))  # LINE careful


def main():
    reader, writer = os.pipe()
    feeder = threading.Thread(target=connection.feed, args=(writer, ROUNDS))
    heart = connection.start_heartbeat(3)
    feeder.start()
    shop, database = Shop(), connection.Connection(reader)
    for _ in range(ROUNDS):
        shop.load(database)
        shop.pause()
    sum(shop.lazily())
    sorted(range(ROUNDS), key=order)  # called by C code
    run_child()
    careful()
    feeder.join()
    heart.join()


main()
