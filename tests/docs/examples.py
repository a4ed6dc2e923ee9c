#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the commands of the documents: each fenced block that starts with ```sh test, in an empty
directory of its own, with the built shunt in PATH and the project's examples/ as $EXAMPLES. All its
commands must succeed.

examples.py DIRECTORY_OF_SHUNT DOCUMENT..."""
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```sh test\n(.*?)^```$", re.M | re.S)
path, documents = sys.argv[1], sys.argv[2:]
environment = {name: value for name, value in os.environ.items()
               if name != "LD_PRELOAD" and not name.startswith("SHUNT_")}
environment["EXAMPLES"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples")
environment["PATH"] = path + ":" + environment["PATH"]
ran = failed = 0

for document in documents:
    with open(document, encoding="utf-8") as file:
        text = file.read()
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        ran += 1
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(["bash", "-euxo", "pipefail", "-c", block.group(1)], cwd=empty,
                                  env=environment, stdin=subprocess.DEVNULL, timeout=120,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            failed += 1
            print(f"{document}:{line}: exit status {done.returncode}")
            print(done.stdout.decode(errors="replace"))

print(f"{ran} blocks, {failed} failed")
sys.exit(failed > 0 or ran == 0)
