#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_loop.py SHUNT [OPTIONS] -- COMMAND...: runs a program of this directory under shunt and holds
the report against what the program is known to do (feed.h): its main thread is a loop with one idle
wait, six of its turns are stalled for 40 ms each in a known place, the rest are short.

Only what no load on the machine can change is demanded to the number: who waited where, the turns,
how many stalled turns the known place had a part in. 77 with a reason if the command is not there.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

STALLS, STALL_NS = 6, 39_000_000
THRESHOLD = "20ms"  # turns that were only preempted are no stalls


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("shunt")
    parser.add_argument("--wait", required=True, help="CALL MODULE of the idle wait, a regex")
    parser.add_argument("--turns", type=int, nargs=2, default=[57, 57], help="least and most")
    parser.add_argument("--stall", default="nanosleep feed_pause",
                        help="CALL FUNCTION that stalls, a regex; none, compute")
    parser.add_argument("--harmful", action="store_true", help="some stalls are known to be")
    parser.add_argument("--harmless", action="store_true", help="and some are known not to be")
    parser.add_argument("--workers", help="regex: what other threads wait in, never ranked")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


class Wrong(Exception):
    pass


def demand(holds, text):
    if not holds:
        raise Wrong(text)


def in_sites(process, loop):
    """The sites of the loop that took part in its stalls: [(site, part)], most first."""
    sites = {site["id"]: site for site in process["sites"]}
    return [(sites[part["site"]], part) for part in loop["sites"] if part["stall_ns"]]


def check_wait(process, loop, options):
    where = f'{loop["call"]} {loop["module"]}'
    demand(re.fullmatch(options.wait, where), f"the loop waits in {where}")
    least, most = options.turns
    demand(least <= loop["turns"] <= most, f'{loop["turns"]} turns, not {least} to {most}')
    own = [site for site in process["sites"]
           if (site["call"], site["function"]) == (loop["call"], loop["function"])]
    idle = sum(use["calls"] for site in own for use in site["threads"]
               if use["role"] == "idle" and use["thread"] == loop["thread"])
    demand(idle == loop["visits"], f'{idle} calls are the idle wait, of {loop["visits"]} visits')


def check_stalls(process, loop, options):
    stalled = in_sites(process, loop)
    if options.stall == "none":
        demand(loop["stalls"] == 0 or loop["stall_max_ns"] < STALL_NS, "a stall of 40 ms")
        return
    demand(loop["stalls"] >= STALLS, f'{loop["stalls"]} stalls')
    demand(loop["stall_cpu_ns"] is not None, "CPU time of the stalls is not known")
    if options.stall == "compute":
        demand(loop["stall_cpu_ns"] >= STALLS * STALL_NS, "too little CPU time in stalls")
        demand(loop["stall_computing_ns"] >= STALLS * STALL_NS / 2, "it is not told as computing")
        return
    demand(loop["stall_computing_ns"] < loop["stall_ns"] / 2, "computing in stalls that slept")
    demand(stalled, "no site had a part in the stalls")
    site, part = stalled[0]
    first = f'{site["call"]} {site["function"]}'
    demand(re.fullmatch(options.stall, first), f"{first} is the first site")
    demand(part["stalled_turns"] == STALLS, f'{first} is in {part["stalled_turns"]} stalled turns')
    demand(part["stall_ns"] >= STALLS * STALL_NS, f'{first} has only {part["stall_ns"]} ns')
    if options.harmful:
        demand(loop["harmful"] >= 1, "no stall was harmful")
    if options.harmless:
        demand(loop["harmful"] < loop["stalls"], "every stall was harmful")


def check_text(text, loop, process, options):
    heads = [line for line in text.splitlines() if line.startswith("LOOP main")]
    demand(len(heads) == 1 and loop["call"] in heads[0], f"the page names the loop {heads}")
    if options.stall in ("none", "compute"):
        return
    site = in_sites(process, loop)[0][0]
    rows = text[text.index("\nSITE "):].splitlines()[2:]
    demand(rows[0].startswith(site["short_id"]), f"the page's first site is {rows[0]}")


def check_workers(process, options):
    """Threads that wait for their next job are no loops, and what they wait in is left out."""
    names = [f'{site["call"]} {site["module"]}' for site in process["sites"]
             for use in site["threads"] if use["role"] == "idle_worker"]
    demand(any(re.fullmatch(options.workers, name) for name in names),
           f"idle workers wait in {names}")


def observe(options, directory):
    trace = os.path.join(directory, "trace")
    command = [options.shunt, "run", "--threshold", THRESHOLD, "-o", trace, "--"] + options.command
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=100)
    demand(done.returncode == 0, f"exit status {done.returncode}: {done.stdout}")
    with open(os.path.join(trace, "run.json"), encoding="utf-8") as file:
        run = json.load(file)
    demand(not run["gaps"], f'not observed: {run["gaps"]}')
    pages = [subprocess.run([options.shunt, "report"] + more + [trace], stdout=subprocess.PIPE,
                            text=True, check=True).stdout for more in ([], ["--json"])]
    processes = [one for one in json.loads(pages[1])["processes"] if one["pid"] == run["pid"]]
    return pages[0], processes[-1]


def main():
    options = arguments()
    if "/" not in options.command[0] and not shutil.which(options.command[0]):
        print(f"skipped: {options.command[0]} is not installed")
        return 77
    with tempfile.TemporaryDirectory(prefix="shunt-loop.") as directory:
        text, process = observe(options, directory)
    try:
        loops = [loop for loop in process["loops"] if loop["thread"] == process["pid"]]
        demand(len(process["loops"]) == len(loops) == 1, f'{len(process["loops"])} loops')
        check_wait(process, loops[0], options)
        check_stalls(process, loops[0], options)
        check_text(text, loops[0], process, options)
        if options.workers:
            check_workers(process, options)
    except Wrong as wrong:
        print(f"FAILED: {wrong}\n{text}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
