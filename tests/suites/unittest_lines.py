# SPDX-License-Identifier: MIT
"""Runs one module of unittest tests and writes `TEST STATUS` lines to a file of its own, for the
tests themselves write to standard output and error what they like.

  unittest_lines.py MODULE FILE [PATCH]      PATCH: eventlet or gevent replace the standard library
                                             first; a test that then hangs ends the run
"""
import faulthandler
import importlib
import os
import sys
import time
import unittest


class Lines(unittest.TestResult):
    """Each line is written at once: a module that hangs or dies keeps what it had. `settle` lets the
    hub, if there is one, end what a test left in it: the next one does not meet that, whether or not a
    call in between lets the hub turn, too (a moved write of ours does)."""

    fd = None
    settle = staticmethod(lambda: None)

    @classmethod
    def write_to(cls, name):
        cls.fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)

    def write(self, test, status):
        os.write(self.fd, f"{'_'.join(test.id().split())} {status}\n".encode())

    def addSuccess(self, test):
        super().addSuccess(test)
        self.write(test, "pass")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.write(test, "skip")

    def addError(self, test, err):
        super().addError(test, err)
        self.write(test, "fail")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.write(test, "fail")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.write(test, "pass")

    def stopTest(self, test):
        super().stopTest(test)
        try:
            self.settle()
        except Exception:  # the test's own, come late
            pass


HANG_SECONDS = 100
SETTLE_SECONDS = 0.005


def patch(name):
    """Returns what sleeps until nobody wakes it early."""
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    green = importlib.import_module(name)
    if name == "eventlet":
        green.monkey_patch()
    else:
        importlib.import_module("gevent.monkey").patch_all()

    def settle():
        slept = 0
        while slept < SETTLE_SECONDS:
            start = time.monotonic()
            green.sleep(SETTLE_SECONDS)
            slept = time.monotonic() - start

    return settle


def main():
    if sys.argv[3:]:
        Lines.settle = staticmethod(patch(sys.argv[3]))
    Lines.write_to(sys.argv[2])
    result = Lines()
    module = importlib.import_module(sys.argv[1])
    tests = unittest.defaultTestLoader.loadTestsFromModule(module)
    tests.run(result)
    for _, trace in result.failures + result.errors:
        print(trace)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
