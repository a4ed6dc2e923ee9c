# SPDX-License-Identifier: MIT
"""drift.py PORT INTERVAL SECONDS RUNS: an oslo.service FixedIntervalLoopingCall, every INTERVAL, whose
function asks MariaDB through MySQLdb for something that takes SECONDS, longer than the interval."""
import logging
import sys
import time

import eventlet

eventlet.monkey_patch()

import MySQLdb  # noqa: E402
from oslo_service import loopingcall  # noqa: E402
import ticker  # noqa: E402


class Drifts(logging.Handler):
    """What the looping call itself says of its runs that took too long."""

    def __init__(self):
        super().__init__()
        self.delays = []

    def emit(self, record):
        if "outlasted" in record.msg:
            self.delays.append(record.args["delay"])


class Sync:
    def __init__(self, port, seconds, runs, pulse):
        self.connection = MySQLdb.connect(host="127.0.0.1", port=port, user="root")
        self.seconds, self.left, self.pulse, self.ticks = seconds, runs, pulse, []

    def query(self):
        cursor = self.connection.cursor()
        cursor.execute("SELECT SLEEP(%s)", (self.seconds,))
        return cursor.fetchone()

    def sync_states(self):
        self.ticks.append(self.pulse.counted(self.query)[1])
        self.left -= 1
        if not self.left:
            raise loopingcall.LoopingCallDone(retvalue="done")


def main(port, interval, seconds, runs):
    drifts = Drifts()
    logging.getLogger("oslo.service.loopingcall").addHandler(drifts)
    logging.getLogger("oslo_service.loopingcall").addHandler(drifts)
    pulse = ticker.Ticker(eventlet.spawn, eventlet.sleep)
    sync = Sync(int(port), float(seconds), int(runs), pulse)
    began = time.monotonic()
    call = loopingcall.FixedIntervalLoopingCall(sync.sync_states)
    result = call.start(interval=float(interval)).wait()
    took = time.monotonic() - began
    pulse.stop()
    late = [delay >= float(seconds) - float(interval) - 0.01 for delay in drifts.delays]
    ticker.say([result, late], sync.ticks, pulse, took)


main(*sys.argv[1:])
