# SPDX-License-Identifier: MIT
"""oslo_workers.py EVENTS WORKERS [slow]: an oslo.service service under Eventlet, one process, or a
master and WORKERS. Every event is one line of the file EVENTS: `master PID`, then `start PID`,
`reset PID`, `stop PID`. With `slow`, its end takes longer than the second that it is given."""
import logging
import os
import sys

import eventlet

eventlet.monkey_patch()

from oslo_config import cfg  # noqa: E402
from oslo_service import service  # noqa: E402

EVENTS, WORKERS, SLOW = sys.argv[1], int(sys.argv[2]), "slow" in sys.argv[3:]


def event(word):
    fd = os.open(EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, f"{word} {os.getpid()}\n".encode())
    os.close(fd)


class Sleeper(service.Service):
    def work(self):
        event("start")
        while True:
            eventlet.sleep(0.05)

    def start(self):
        self.tg.add_thread(self.work)

    def reset(self):
        event("reset")

    def stop(self, graceful=False):
        event("stop")
        if SLOW:
            eventlet.sleep(60)
        super().stop(graceful)


def main():
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    event("master")
    launcher = service.launch(conf, Sleeper(), workers=WORKERS)
    conf.set_override("graceful_shutdown_timeout", 1 if SLOW else 60)
    conf.set_override("log_options", False)
    sys.exit(launcher.wait())


main()
