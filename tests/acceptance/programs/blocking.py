# SPDX-License-Identifier: MIT
"""blocking.py SECONDS: five calls that monkey_patch() cannot make cooperative, each in a green thread
of its own beside the ticker: the opening of a FIFO, flock, fsync, a read of a pipe, a semaphore of
multiprocessing. A helper process, which knows nothing of Eventlet, lets each go on after SECONDS."""
import fcntl
import multiprocessing
import os
import sys
import time

from helpers import Case

SECONDS = float(sys.argv[1])
BYTES = 32 << 20


def prepare():
    """The helpers, forked before there is a hub."""
    os.mkfifo("fifo")
    lock = os.open("lock", os.O_RDWR | os.O_CREAT)
    semaphore = multiprocessing.get_context("fork").Semaphore(0)
    reader, writer = os.pipe()

    def unlock():
        fcntl.flock(held, fcntl.LOCK_UN)

    held = os.open("lock", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    cases = {"fifo": Case(lambda: os.close(os.open("fifo", os.O_WRONLY)), SECONDS),
             "flock": Case(unlock, SECONDS),
             "pipe": Case(lambda: os.write(writer, b"late"), SECONDS),
             "semaphore": Case(semaphore.release, SECONDS)}
    os.close(held)
    return cases, lock, reader, semaphore


CASES, LOCK, PIPE, SEMAPHORE = prepare()

import eventlet  # noqa: E402

eventlet.monkey_patch()

import ticker  # noqa: E402


def open_fifo():
    CASES["fifo"].go()
    fd = os.open("fifo", os.O_RDONLY)
    data = os.read(fd, 1)
    os.close(fd)
    return data.decode()


def take_lock():
    CASES["flock"].go()
    return fcntl.flock(LOCK, fcntl.LOCK_EX)


def write_data():
    fd = os.open("data", os.O_WRONLY | os.O_CREAT)
    os.write(fd, b"x" * BYTES)
    return fd


def sync_file():
    os.fsync(DATA)
    return os.path.getsize("data")


def read_pipe():
    CASES["pipe"].go()
    return os.read(PIPE, 100).decode()


def take_semaphore():
    CASES["semaphore"].go()
    return SEMAPHORE.acquire()


DATA = write_data()


def main():
    pulse = ticker.Ticker(eventlet.spawn, eventlet.sleep)
    began = time.monotonic()
    results = [eventlet.spawn(pulse.counted, call).wait()
               for call in (open_fifo, take_lock, sync_file, read_pipe, take_semaphore)]
    took = time.monotonic() - began
    pulse.stop()
    ended = [case.end() for case in CASES.values()]
    ticker.say([[result for result, _ in results], ended], [ticks for _, ticks in results], pulse,
               took)


main()
