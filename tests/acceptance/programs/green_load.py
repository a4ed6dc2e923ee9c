# SPDX-License-Identifier: MIT
"""green_load.py SECONDS SEED MYSQL_PORT POSTGRESQL_PORT [meet]: thirty green threads do a bit of everything that
blocks in C, at random: queries through MySQLdb and psycopg2 (one connection is shared by three of
them), names, fsync, flock, sleeps in C, some under a time limit of the runtime.
With `meet` green threads open both ends of FIFOs, which only those can that do not block each other.
Every result is checked. Says what was done, what was wrong, and what was left: workers, descriptors,
memory. A hub that stands still for 30 s ends the program with a traceback of all threads."""
import collections
import ctypes
import faulthandler
import fcntl
import gc
import hashlib
import json
import os
import random
import socket
import sys
import time

import hub
import MySQLdb
import psycopg2
import ticker

SECONDS, SEED, MYSQL, POSTGRESQL = (float(sys.argv[1]), *map(int, sys.argv[2:5]))
THREADS, STUCK, SETTLE = 30, 30, 30
LIBC = ctypes.CDLL(None)
DONE, WRONG = collections.Counter(), collections.Counter()


def text(rng):
    return "".join(rng.choices("abcdefghijklmnop", k=rng.randrange(1, 3000)))


def is_md5(rows, value):
    return rows[0] == hashlib.md5(value.encode()).hexdigest()


class Worker:
    """One green thread: its own connections, file and FIFO."""

    def __init__(self, number, shared):
        self.number, self.shared, self.since = number, shared, time.monotonic()
        self.rng = random.Random(SEED * 1000 + number)
        self.mysql = self.postgresql = None
        if number % 3 == 0:
            self.mysql = MySQLdb.connect(host="127.0.0.1", port=MYSQL, user="root")
        elif number % 3 == 1:
            self.postgresql = psycopg2.connect(host="127.0.0.1", port=POSTGRESQL, user="test",
                                               dbname="postgres")
        self.file = os.open(f"file.{number}", os.O_RDWR | os.O_CREAT)
        self.fifo = f"fifo.{number}"
        os.mkfifo(self.fifo)
        self.lock = os.open("counter", os.O_RDWR | os.O_CREAT)
        self.increments = 0
        self.kinds = [self.name, self.sync, self.count, self.sleep, self.limited, *[self.query] * 3]
        if "meet" in sys.argv[5:]:
            self.kinds.append(self.meet)
        if number < 3:
            self.kinds.append(self.query_shared)

    def query(self):
        connection, function = (self.mysql, "sleep") if self.mysql else (self.postgresql, "pg_sleep")
        if not connection:
            return True
        value, cursor = text(self.rng), connection.cursor()
        cursor.execute(f"select md5(%s), {function}(%s)", (value, self.rng.random() / 100))
        return is_md5(cursor.fetchone(), value)

    def query_shared(self):
        value, cursor = text(self.rng), self.shared.cursor()
        cursor.execute("select md5(%s), pg_sleep(%s)", (value, self.rng.random() / 200))
        return is_md5(cursor.fetchone(), value)

    def name(self):
        port = self.rng.randrange(1, 65536)
        found = socket.getaddrinfo(self.rng.choice(("localhost", "127.0.0.1")), port, socket.AF_INET,
                                   socket.SOCK_STREAM)
        return found[0][4] == ("127.0.0.1", port)

    def sync(self):
        value = text(self.rng).encode()
        os.pwrite(self.file, value, 0)
        os.fsync(self.file)
        return os.pread(self.file, len(value), 0) == value

    def count(self):
        """No increment is lost while the lock holds."""
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        before = int(os.pread(self.lock, 20, 0) or b"0")
        LIBC.usleep(self.rng.randrange(300))
        os.pwrite(self.lock, b"%020d" % (before + 1), 0)
        fcntl.flock(self.lock, fcntl.LOCK_UN)
        self.increments += 1
        return True

    def meet(self):
        """The opening of a FIFO waits for the other end, which another green thread opens."""
        def write():
            end = os.open(self.fifo, os.O_WRONLY)
            sent = os.write(end, b"Z" * 4096)
            os.close(end)
            return sent
        other = hub.spawn(write)
        end = os.open(self.fifo, os.O_RDONLY)
        data = b""
        while len(data) < 4096:
            more = os.read(end, 4096 - len(data))
            if not more:
                break
            data += more
        os.close(end)
        return ticker.result_of(other) == 4096 and data == b"Z" * 4096

    def sleep(self):
        least = self.rng.randrange(5000)
        began = time.monotonic()
        LIBC.usleep(least)
        return time.monotonic() - began >= least / 1e6

    def limited(self):
        """A limit of the runtime that may or may not be met: either way the call has ended."""
        with hub.limit(self.rng.random() / 250):
            LIBC.usleep(self.rng.randrange(4000))
        return True

    def run(self, until):
        while time.monotonic() < until:
            kind = self.rng.choice(self.kinds)
            try:
                fine = kind()
            except Exception as error:  # pylint: disable=broad-except
                fine = False
                print(f"{kind.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
            DONE[kind.__name__] += 1
            WRONG[kind.__name__] += not fine
            self.since = time.monotonic()


def is_worker(task):
    try:
        with open(f"/proc/self/task/{task}/comm", encoding="ascii") as file:
            return file.read().startswith("shunt/")
    except OSError:
        return False  # it has just ended


def left():
    """(shunt's workers, descriptors, KiB of anonymous memory)"""
    gc.collect()
    with open("/proc/self/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    return (sum(map(is_worker, os.listdir("/proc/self/task"))), len(os.listdir("/proc/self/fd")),
            int(status["RssAnon"].split()[0]))


def watch(workers, until, samples):
    """Feeds the watchdog, tells a green thread that nobody woke, samples memory."""
    while time.monotonic() < until:
        faulthandler.dump_traceback_later(STUCK, exit=True)
        for worker in workers:
            if time.monotonic() - worker.since > STUCK:
                faulthandler.dump_traceback(all_threads=True)
                os._exit(3)
        samples.append(left())
        hub.sleep(min(1, SECONDS / 10))


def settle():
    """Workers end when they have been idle for a while; what is left then. Looking takes one, too."""
    until = time.monotonic() + SETTLE
    while left()[0] and time.monotonic() < until:
        faulthandler.dump_traceback_later(STUCK, exit=True)
        hub.sleep(1)
    return left()


def main():
    faulthandler.dump_traceback_later(STUCK + SECONDS / 10, exit=True)
    shared = psycopg2.connect(host="127.0.0.1", port=POSTGRESQL, user="test", dbname="postgres")
    workers = [Worker(number, shared) for number in range(THREADS)]
    pulse, samples = ticker.Ticker(hub.spawn, hub.sleep), [left()]
    until = time.monotonic() + SECONDS
    green = [hub.spawn(worker.run, until) for worker in workers]
    watcher = hub.spawn(watch, workers, until, samples)
    for one in [*green, watcher]:
        ticker.result_of(one)
    pulse.stop()
    WRONG["count"] += int(os.pread(workers[0].lock, 20, 0)) != sum(one.increments for one in workers)
    first, most = samples[len(samples) // 5], max(sample[0] for sample in samples)
    last = settle()
    json.dump({"done": DONE, "wrong": +WRONG, "gap": pulse.gap, "workers": [most, last[0]],
               "descriptors": [first[1], last[1]], "memory": [first[2], last[2]]}, sys.stdout)


main()
