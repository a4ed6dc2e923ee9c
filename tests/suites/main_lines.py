# SPDX-License-Identifier: MIT
"""Runs one module of unittest tests as the main program, as `python -m MODULE` does, and writes `TEST STATUS`
lines to a file of its own, whoever calls unittest.main().

  main_lines.py [-x CLASS.TEST]... MODULE FILE [ARGUMENT...]      -x leaves out what matches
"""
import fnmatch
import os
import runpy
import sys
import unittest

sys.dont_write_bytecode, written = True, sys.dont_write_bytecode
from unittest_lines import Lines  # noqa: E402
sys.dont_write_bytecode = written


class TextLines(Lines, unittest.TextTestResult):
    """As a runner of text makes it."""


def leave_out(patterns):
    loader = unittest.TestLoader
    found = loader.getTestCaseNames

    def names(self, case):
        return [name for name in found(self, case)
                if not any(fnmatch.fnmatchcase(f"{case.__name__}.{name}", one) for one in patterns)]
    loader.getTestCaseNames = names


def main():
    unwanted = []
    while sys.argv[1] == "-x":
        unwanted.append(sys.argv[2])
        del sys.argv[1:3]
    module, lines = sys.argv[1:3]
    del sys.argv[1:3]
    sys.path[0] = os.getcwd()
    leave_out(unwanted)
    TextLines.write_to(lines)
    unittest.TextTestRunner.resultclass = TextLines
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
