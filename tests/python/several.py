# SPDX-License-Identifier: MIT
"""Two interpreters in one process: calls before there is a second one, in it, and after it.

    several.py FILE
"""
import sys

try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters

from noted import ZERO, free, made, note, save

INSIDE = """
import os
def inside(n):
    if n:
        return inside(n - 1)
    for i in range(50):
        os.pread(%d, 1, 0)
inside(3)
""" % ZERO


def outside():
    note(), free(ZERO, 1, 0)


def run_inside():
    interpreters.run_string(second, INSIDE)


for _ in range(50):
    outside()
second = interpreters.create()
run_inside()
save(sys.argv[1])
print(made())
