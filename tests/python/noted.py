# SPDX-License-Identifier: MIT
"""Calls whose Python chain is written down by the program that makes them.

Every call is a pread, which nothing else in these programs makes, on the same line as note(), which
writes down what sys._getframe shows: `note(), free(ZERO, 1, 0)`.
"""
import collections
import json
import os
import sys

MOST = 64
ZERO = os.open("/dev/zero", os.O_RDONLY)
expected = collections.Counter()

# With the GIL given away meanwhile.
free = os.pread


def held(fd, size, offset):
    """With the GIL held."""
    return _held(fd, BUFFER, size, offset)


def name_of(code):
    return getattr(code, "co_qualname", code.co_name)


def note(inner=()):
    frame = sys._getframe(1)
    chain = list(inner)
    while frame is not None:
        chain.append((frame.f_code.co_filename, frame.f_lineno, name_of(frame.f_code)))
        frame = frame.f_back
    expected[tuple(chain[:MOST])] += 1


def save(path):
    """To PATH: [[call, [[file, line, name], ...], count], ...]; nothing may be noted after it."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump([["pread", chain, count] for chain, count in expected.items()], file)


def made():
    return "made %d calls by %d chains" % (sum(expected.values()), len(expected))


try:
    import ctypes
except ImportError:
    pass  # modules that are libraries do not find an interpreter that was opened with RTLD_LOCAL
else:
    BUFFER = ctypes.create_string_buffer(8)
    _held = ctypes.PyDLL(None).pread
    _held.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
    HELD = ((held.__code__.co_filename, held.__code__.co_firstlineno + 2, name_of(held.__code__)),)
