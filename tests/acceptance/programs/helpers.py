# SPDX-License-Identifier: MIT
"""Processes that know nothing of a green runtime: each does one thing so many seconds after it is told
to go. Made before a runtime is imported."""
import os
import time


class Case:
    """A call that blocks until its helper acts; the helper begins when it is told to."""

    def __init__(self, action, seconds):
        reader, self.orders = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.orders)
            if os.read(reader, 1):
                time.sleep(seconds)
                action()
            os._exit(0)
        os.close(reader)

    def go(self):
        os.write(self.orders, b"!")
        os.close(self.orders)

    def end(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
