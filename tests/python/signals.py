# SPDX-License-Identifier: MIT
"""Signals that interrupt the interpreter anywhere: Python's C handler writes to a pipe, then the
Python handler runs.

    signals.py FILE
"""
import os
import signal
import sys
import time

from noted import ZERO, free, note, save


def handler(number, frame):
    note(), free(ZERO, 1, 0)


def busy(depth):
    if depth:
        return busy(depth - 1)
    return sum(i for i in range(3))


def main():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGPROF, handler)
    signal.setitimer(signal.ITIMER_PROF, 0.0002, 0.0002)
    end = time.process_time() + 0.2
    while time.process_time() < end:
        busy(5)
        note(), free(ZERO, 1, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, signal.SIG_IGN)
    handled = len(os.read(reader, 65536))
    save(sys.argv[1])
    print("ends", handled > 20)


main()
