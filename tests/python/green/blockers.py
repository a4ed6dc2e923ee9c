# SPDX-License-Identifier: MIT
"""One green thread that blocks the hub in every way, five times each, unpatched. Prints the words
that a report must have for each function."""
import json
import os
import select
import signal
import socket
import tempfile
import time

import runtimes

green = runtimes.chosen()
SHORT = 0.03
log = tempfile.TemporaryFile(buffering=0)
ours, peer = socket.socketpair()
reads, writes = os.pipe()
ours.settimeout(None)


def later(function):
    """In a child, so that nothing of this process is needed for it."""
    child = os.fork()
    if child == 0:
        time.sleep(SHORT)
        function()
        os._exit(0)
    return child


def sleeps():
    time.sleep(SHORT)


def waits_for_child():
    child = later(lambda: None)
    os.waitpid(child, 0)


def selects():
    select.select([reads], [], [], SHORT)


def receives():
    later(lambda: peer.send(b"x"))
    ours.recv(1)


def reads_pipe():
    later(lambda: os.write(writes, b"x"))
    os.read(reads, 1)


def cooperates():
    green.sleep(0.001)


def everything():
    for _ in range(5):
        for function in (sleeps, waits_for_child, selects, receives, reads_pipe):
            function()
            cooperates()


signal.signal(signal.SIGCHLD, signal.SIG_DFL)
green.join([green.spawn(everything)])
print(json.dumps({"spawns": {"everything": {"born": 1, "ended": 1}}, "why": {
    "sleeps": ["clock_nanosleep", "time is not patched"],
    "waits_for_child": ["waitpid", "os or subprocess is not patched"],
    "selects": ["select", "select is not patched"],
    "receives": ["recv", "socket is not patched"],
    "reads_pipe": ["read", "os is not patched"],
}}))
