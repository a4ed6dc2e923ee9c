# SPDX-License-Identifier: MIT
"""What Python frames cost: os.read of one byte under one frame and under ten, bare, observed without
frames and observed with them. An os.read is three calls with the GIL's signals."""
import os
import shutil
import subprocess

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "frames.py")
PYTHON = "/usr/bin/python3"
FRAMES = 1, 10


def one(command):
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.DEVNULL).stdout)


def measure(bench, rounds):
    """(variant, frames) -> best ns per read"""
    best = {}
    for _ in range(rounds):
        for frames in FRAMES:
            program = [PYTHON, PROGRAM, str(frames)]
            values = {"bare": one(program)}
            for name, options in (("without frames", ["--no-python"]), ("with frames", [])):
                command, trace = bench.observed(program, *options)
                values[name] = one(command)
                bench.check_observed(trace)
                shutil.rmtree(trace)
            for name, value in values.items():
                best[name, frames] = min(value, best.get((name, frames), value))
    return best


def show(best):
    """Prints the table; returns frames -> ns that they cost."""
    print(f"\nPython's os.read, 1 byte of /dev/zero{'ns':>9}{'ns added':>12}")
    for frames in FRAMES:
        bare = best["bare", frames]
        print(f"  {f'{frames} Python frames, bare':36}{bare:8.1f}")
        for name in ("without frames", "with frames"):
            value = best[name, frames]
            print(f"  {'  shunt, ' + name:36}{value:8.1f}{value - bare:12.1f}")
    return {frames: best["with frames", frames] - best["without frames", frames]
            for frames in FRAMES}
