# SPDX-License-Identifier: MIT
"""cotyledon_workers.py EVENTS [slow]: a cotyledon service of two workers. Every event is one line of
the file EVENTS: `start WORKER PID`, `terminate WORKER PID`, and `master PID`. With `slow`, terminate
takes longer than the second that it is given."""
import logging
import os
import sys
import time

import cotyledon

EVENTS, SLOW = sys.argv[1], "slow" in sys.argv[2:]


def event(*words):
    fd = os.open(EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, (" ".join(str(word) for word in words) + "\n").encode())
    os.close(fd)


class Worker(cotyledon.Service):
    name = "worker"

    def __init__(self, worker_id):
        super().__init__(worker_id)
        self.id = worker_id

    def run(self):
        event("start", self.id, os.getpid())

    def terminate(self):
        event("terminate", self.id, os.getpid())
        if SLOW:
            time.sleep(60)


logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(message)s", stream=sys.stderr)
manager = cotyledon.ServiceManager(graceful_shutdown_timeout=1 if SLOW else 60)
manager.add(Worker, workers=2)
event("master", os.getpid())
manager.run()
