# SPDX-License-Identifier: MIT
"""frames.py FRAMES: nanoseconds of a one-byte os.read of /dev/zero under so many Python frames."""
import os
import sys
import time

BATCHES, READS = 200, 500


def measure(read, zero, clock):
    best = 1.0
    for _ in range(BATCHES):
        start = clock()
        for _ in range(READS):
            read(zero, 1)
        best = min(best, clock() - start)
    return best


def under(frames, *arguments):
    if frames > 3:
        return under(frames - 1, *arguments)
    return measure(*arguments)


def main():
    frames = int(sys.argv[1])
    arguments = os.read, os.open("/dev/zero", os.O_RDONLY), time.perf_counter
    # The module's own frame, this one, measure's, and as many of under's as are asked for.
    best = under(frames - 1, *arguments) if frames > 3 else measure(*arguments)
    return best / READS * 1e9


if sys.argv[1:] == ["1"]:
    read, zero, clock = os.read, os.open("/dev/zero", os.O_RDONLY), time.perf_counter
    best = 1.0
    for _ in range(BATCHES):
        start = clock()
        for _ in range(READS):
            read(zero, 1)
        best = min(best, clock() - start)
    print(best / READS * 1e9)
else:
    print(main())
