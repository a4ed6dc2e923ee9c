# SPDX-License-Identifier: MIT
"""ends.py RUNTIME HOW: a process ends while green threads are parked in C, by the end of its main
program or sys.exit. Bare the first call keeps everybody."""
import sys
import time

from faces import nap, spawn

for _ in range(5):
    spawn(time.sleep, 0.05)
nap(0.01)
if sys.argv[2] == "exit":
    sys.exit(5)
print("main is over")
