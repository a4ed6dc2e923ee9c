#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_noise.py SHUNT CLASS CALL CALLS THREADS -- COMMAND...: runs a program whose threads are no
loops under shunt; CALLS of CALL on THREADS threads, at least, must be noise of CLASS, listed with
their count on the page and in the JSON, and ranked nowhere. CLASS none: CALL is ranked, nothing is
noise. 77 if CALL is not observed in this version.
"""
import json
import os
import subprocess
import sys
import tempfile


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=100).stdout


def fail(text, page):
    print(f"FAILED: {text}\n{page}")
    sys.exit(1)


def main():
    shunt, noise, call, calls, threads = sys.argv[1:6]
    command = sys.argv[sys.argv.index("--") + 1:]
    known = run(shunt, "calls").split()
    if call not in known:
        print(f"skipped: {call} is not observed")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="shunt-noise.") as directory:
        trace = os.path.join(directory, "trace")
        run(shunt, "run", "-o", trace, "--", *command)
        page = run(shunt, "report", trace)
        process = json.loads(run(shunt, "report", "--json", trace))["processes"][0]
    if process["loops"]:
        fail("there is a loop", page)
    sites = [site for site in process["sites"] if site["call"] == call]
    found = {one["class"]: one for one in process["noise"]}
    ranked = sum(site["blocked"] for site in sites)
    if noise == "none":
        if found or ranked < int(calls):
            fail(f"noise {found}, {ranked} ranked", page)
        return
    one = found.get(noise, {"calls": 0, "threads": 0})
    if one["calls"] < int(calls) or one["threads"] < int(threads):
        fail(f"{noise} is {one}", page)
    if sum(site["idle_calls"] for site in sites if site["noise"] == noise) < int(calls):
        fail(f"no site of {call} says so", page)
    if "LEFT OUT" not in page:
        fail("the page does not say what is left out", page)


if __name__ == "__main__":
    main()
