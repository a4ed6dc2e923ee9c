#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""soak.py SHUNT [--mode bare|observed|green] [--hub eventlet|gevent] [--seconds N] [--seed N]

The load of programs/green_load.py for as long as you like, with all calls of Python functions that may
move routed to green (soak.yaml), against servers of its own. Fails if a result is wrong, a green
thread or the hub gets nowhere for 30 s, memory grows after the first fifth, descriptors or workers are
left, or calls were not moved. Exit status 0, 1, or 77 with what is missing.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import servers  # noqa: E402
from runs import HERE, Report, Runner, Wrong, demand  # noqa: E402

GROWTH = 8 << 10  # KiB beyond the first fifth's


def options_of(words):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shunt")
    parser.add_argument("--mode", choices=("bare", "observed", "green"), default="green")
    parser.add_argument("--hub", choices=("eventlet", "gevent"), default="eventlet")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    return parser.parse_args(words)


def explain(runner, trace):
    """Prints what became of each call until then."""
    if not trace:
        return
    try:
        process = Report(runner.shunt, trace).process
    except (Wrong, OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"soak: no report: {error}")
        return
    print("soak: lost:", {name: lost for name, lost in process["lost"].items() if lost})
    moved, in_place = collections.Counter(), collections.defaultdict(collections.Counter)
    for site in process["sites"]:
        routed = site.get("routed")
        if routed:
            moved[site["call"]] += routed["moved"] + routed.get("green", {}).get("parked", 0)
            in_place[site["call"]].update(routed["in_place"])
    for call in sorted(in_place):
        print(f"soak: {call}: {moved[call]} moved; in place: {dict(in_place[call])}")


def command_of(runner, up, options):
    command, trace = runner.command(
        options.mode, ["green_load.py", str(options.seconds), str(options.seed),
                       str(up[servers.MariaDB].port), str(up[servers.PostgreSQL].port),
                       *["meet"] * (options.mode == "green")],
        policy=os.path.join(HERE, "soak.yaml"))
    if trace:
        at = command.index("run") + 1
        command[at:at] = ["--max-size", "32M"]
    return command, trace


def load(runner, command, options):
    done = subprocess.run(command, cwd=runner.directory(), env=runner.environment(HUB=options.hub),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=options.seconds + 120, check=False)
    demand(done.returncode == 0 and done.stdout.startswith("{"),
           f"status {done.returncode}: {done.stdout}{done.stderr[-4000:]}")
    return json.loads(done.stdout), done.stderr


def judge(runner, said, error, trace, options):
    workers, descriptors, memory = said["workers"], said["descriptors"], said["memory"]
    print(f'soak: {sum(said["done"].values())} operations, wrong {said["wrong"] or 0}, '
          f'gap {1000 * said["gap"]:.0f} ms, workers {workers}, descriptors {descriptors}, '
          f"KiB {memory}", flush=True)
    demand(not said["wrong"], f'wrong: {said["wrong"]}: {error[-4000:]}')
    demand(all(said["done"].values()) and len(said["done"]) >= 7, f'hardly any load: {said["done"]}')
    demand(descriptors[1] <= descriptors[0], f"descriptors are left: {descriptors}")
    demand(memory[1] <= memory[0] + GROWTH, f"memory grew: {memory} KiB")
    demand(workers[1] <= 1, f"workers are left: {workers}")  # one opens what says so
    if options.mode != "green":
        return
    process = Report(runner.shunt, trace).process
    rules = process["policy"]["rules"]
    moved = sum(rule["moved"] for rule in rules)
    print(f'soak: {moved} calls moved; in place: {process["routed"]["in_place"]}')
    demand(moved >= 0.3 * sum(said["done"].values()), f"hardly anything was moved: {rules}")


def main():
    options = options_of(sys.argv[1:])
    runner = Runner(options.shunt)
    print(f"soak: {options.mode} {options.hub}, {options.seconds:.0f} s, seed {options.seed}", flush=True)
    try:
        with servers.Group(servers.MariaDB, servers.PostgreSQL) as up:
            command, trace = command_of(runner, up, options)
            try:
                judge(runner, *load(runner, command, options), trace, options)
            except Wrong:
                explain(runner, trace)
                raise
        return 0
    except Wrong as wrong:
        print(f"soak: FAILED: {wrong} (--seed {options.seed})")
        return 1
    except servers.Missing as missing:
        print(f"skipped: {missing}")
        return 77
    finally:
        runner.close()


if __name__ == "__main__":
    sys.exit(main())
