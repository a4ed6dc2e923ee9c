# SPDX-License-Identifier: MIT
"""Children by os.fork, multiprocessing and subprocess, each of which writes down its own calls.

    forks.py PREFIX        files PREFIX.1, PREFIX.2, ...
"""
import multiprocessing
import os
import subprocess
import sys
import threading

from noted import ZERO, expected, free, note, save


def work(depth):
    if depth:
        return work(depth - 1)
    for _ in range(100):
        note(), free(ZERO, 1, 0)


def in_child(number):
    expected.clear()
    work(number)
    save("%s.%d" % (sys.argv[1], number))


def forked(number):
    pid = os.fork()
    if pid == 0:
        in_child(number)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def pooled(number):
    process = multiprocessing.get_context("fork").Process(target=in_child, args=(number,))
    process.start()
    process.join()
    return process.exitcode


def main():
    work(3)
    print([forked(number) for number in range(1, 6)])
    print([pooled(number) for number in range(6, 9)])
    print(subprocess.run(["/bin/echo", "spawned"], stdout=subprocess.PIPE, check=True).stdout)
    thread = threading.Thread(target=lambda: print(forked(9)))
    thread.start()
    thread.join()
    work(1)
    save(sys.argv[1] + ".0")


main()
