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
import unittest


class Lines(unittest.TestResult):
    """Each line is written at once: a module that hangs or dies keeps what it had."""

    def __init__(self, fd):
        super().__init__()
        self.fd, self.failed = fd, set()

    def write(self, test, status):
        os.write(self.fd, f"{'_'.join(test.id().split())} {status}\n".encode())

    def addSuccess(self, test):
        self.write(test, "pass")

    def addSkip(self, test, reason):
        self.write(test, "skip")

    def addError(self, test, err):
        super().addError(test, err)
        self.write(test, "fail")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.write(test, "fail")

    def addExpectedFailure(self, test, err):
        self.write(test, "pass")


HANG_SECONDS = 100


def patch(name):
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    if name == "eventlet":
        importlib.import_module("eventlet").monkey_patch()
    else:
        importlib.import_module("gevent.monkey").patch_all()


def main():
    if sys.argv[3:]:
        patch(sys.argv[3])
    result = Lines(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))
    module = importlib.import_module(sys.argv[1])
    tests = unittest.defaultTestLoader.loadTestsFromModule(module)
    tests.run(result)
    for _, trace in result.failures + result.errors:
        print(trace)
    sys.exit(not result.wasSuccessful())


main()
