# SPDX-License-Identifier: MIT
"""ends.py RUNTIME HOW: a process ends while green threads are parked in C, by the end of its main
program, sys.exit, or an exception in it. Bare the first call keeps everybody."""
import sys
import time

from faces import nap, spawn

for _ in range(5):
    spawn(time.sleep, 0.05)
nap(0.01)
if sys.argv[2] == "exit":
    sys.exit(5)
if sys.argv[2] == "raise":
    raise SystemExit("ended")
print("main is over")
