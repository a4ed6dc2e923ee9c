# SPDX-License-Identifier: MIT
"""forked.py SECONDS: the opening of a FIFO, which waits for SECONDS, in a green thread of Eventlet's
beside the ticker: in the process itself, then in a child that it forks, then in the process again."""
import json
import os
import sys
import time

from helpers import Case

SECONDS = float(sys.argv[1])


def prepare(name):
    os.mkfifo(name)
    return Case(lambda: os.close(os.open(name, os.O_WRONLY)), SECONDS)


CASES = {name: prepare(name) for name in ("before", "child", "after")}

import eventlet  # noqa: E402

eventlet.monkey_patch()

import ticker  # noqa: E402


def open_fifo(name):
    CASES[name].go()
    os.close(os.open(name, os.O_RDONLY))
    return name


def opened(pulse, name):
    return eventlet.spawn(pulse.counted, lambda: open_fifo(name)).wait()


def in_child(writer):
    """What the child's call came to, through the pipe; the child ends as a worker does. Its hub has
    turned before, so that it is known to be the child's own."""
    pulse = ticker.Ticker(eventlet.spawn, eventlet.sleep)
    eventlet.sleep(2 * ticker.PERIOD)
    os.write(writer, json.dumps(opened(pulse, "child")).encode())
    os._exit(0)


def forked():
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        in_child(writer)
    os.close(writer)
    ended = os.waitpid(pid, 0)[1]
    said = json.loads(os.read(reader, 1000) or b'["nothing", 0]')
    os.close(reader)
    return said, ended


def main():
    pulse = ticker.Ticker(eventlet.spawn, eventlet.sleep)
    began = time.monotonic()
    before = opened(pulse, "before")
    child, ended = forked()
    after = opened(pulse, "after")
    took = time.monotonic() - began
    pulse.stop()
    done = [before, child, after]
    ends = [case.end() for case in CASES.values()]
    ticker.say([[name for name, _ in done], ended, ends], [ticks for _, ticks in done], pulse, took)


main()
