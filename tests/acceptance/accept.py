#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""accept.py SHUNT GROUP [--seconds S] [--strict] [--library FILE] [--only SCENARIO]

Runs the acceptance scenarios of one group (drivers, calls, launchers, service; and the same with what
blocks routed to green: green_drivers, ...): programs as their users write them, against real servers,
bare and under `shunt run`. All must come to the same; the report must name what blocked; under the
policy nothing blocks the hub any more. S is how long one blocking call takes (0.25); with --strict
times are demanded, too. Prints what the hub's ticker saw.
Exit status 0, 1 with the demand that did not hold, 77 with what is missing.
"""
import argparse
import importlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import servers  # noqa: E402
from runs import PYTHON, Runner, Wrong  # noqa: E402

GROUPS = ("drivers", "calls", "launchers", "service", "green_drivers", "green_calls",
          "green_resolver", "green_launchers", "green_service")


def options_of(words):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shunt")
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--seconds", type=float, default=0.25)
    parser.add_argument("--strict", action="store_true", help="demand times")
    parser.add_argument("--library", help="libhandoff.so, for the group calls")
    parser.add_argument("--only", action="append", help="these scenarios alone")
    return parser.parse_args(words)


def need(modules):
    for module in modules:
        if subprocess.run([PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL,
                          check=False).returncode:
            raise servers.Missing(f"Python's {module} is not installed")


def show(name, runs):
    """What was measured."""
    if not runs:
        print(f"{name:24} fine", flush=True)
        return
    words = ("bare", "observed", "green")
    gaps = ", ".join(f'{word} {1000 * run.said["gap"]:5.0f}' for word, run in zip(words, runs))
    took = ", ".join(f'{word} {run.said["seconds"]:.3f}' for word, run in zip(words, runs))
    print(f"{name:24} gap {gaps} ms   took {took} s", flush=True)


def run(group, runner, options):
    """The number of scenarios that failed."""
    failed = 0
    with servers.Group(*group.SERVERS) as up:
        for scenario in group.SCENARIOS:
            if options.only and scenario.__name__ not in options.only:
                continue
            try:
                show(scenario.__name__, scenario(runner, up, options.seconds))
            except Wrong as wrong:
                print(f"FAILED {scenario.__name__}: {wrong}", flush=True)
                failed += 1
    return failed


def main():
    options = options_of(sys.argv[1:])
    group = importlib.import_module(options.group)
    runner = Runner(options.shunt, options.strict)
    runner.library = options.library and os.path.abspath(options.library)
    try:
        need(group.MODULES)
        return int(run(group, runner, options) > 0)
    except servers.Missing as missing:
        print(f"skipped: {missing}")
        return 77
    finally:
        runner.close()


if __name__ == "__main__":
    sys.exit(main())
