#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_syncs.py SHUNT PROGRAM: what a report says of loops that sync (syncs.c) lies between what the
program measured around each call and what the call itself measured: counts, sums, maxima, the share of
each loop's stalls, and every bucket of the histogram.
"""
import json
import os
import subprocess
import sys
import tempfile

THRESHOLD_NS = 2_000_000
CLOCK = 0.01  # a short trace's clock is exact to about that
failures = []


def demand(holds, text):
    if not holds:
        failures.append(text)


def between(least, value, most, what):
    demand(least * (1 - CLOCK) <= value <= most * (1 + CLOCK),
           f"{what}: {value} is not between {least} and {most}")


def read_truth(text):
    """{tid: [(inside, outside, turn), ...]}"""
    loops = {}
    for line in text.splitlines():
        if line.startswith("loop "):
            turns = loops.setdefault(int(line.split()[1]), [])
        else:
            turns.append(tuple(int(word) for word in line.split()))
    return loops


def at_least(values, limit):
    return [value for value in values if value >= limit]


def check_count(values, limit, count, what):
    """`values` are (inside, outside): so many took at least `limit`."""
    least = len(at_least([inside for inside, _ in values], limit * (1 + CLOCK)))
    most = len(at_least([outside for _, outside in values], limit * (1 - CLOCK)))
    demand(least <= count <= most, f"{what}: {count} is not between {least} and {most}")


def check_site(site, calls):
    demand(site["calls"] == len(calls), f'{site["calls"]} calls, not {len(calls)}')
    inside, outside = [sum(call[i] for call in calls) for i in (0, 1)]
    between(inside, site["total_ns"], outside, "total")
    between(max(call[0] for call in calls), site["max_ns"], max(call[1] for call in calls), "max")
    check_count(calls, THRESHOLD_NS, site["blocked"], "blocked")
    rows = site["histogram"]
    demand(sum(row[2] for row in rows) == len(calls), "the histogram has another count")
    demand(len(rows) > 4, f"only {len(rows)} buckets")
    for i, row in enumerate(rows):
        check_count(calls, row[0], sum(other[2] for other in rows[i:]), f"from {row[0]} ns")


def check_loop(loop, site, turns):
    calls = [turn[:2] for turn in turns if turn[1]]
    stalled = [turn for turn in turns if turn[2] >= THRESHOLD_NS * (1 + CLOCK)]
    demand(loop["turns"] <= len(turns), f'{loop["turns"]} turns of {len(turns)}')
    demand(loop["turns"] >= len(calls), f'{loop["turns"]} turns with {len(calls)} syncs')
    demand(len(stalled) <= loop["stalls"] <= loop["turns"],
           f'{loop["stalls"]} stalls, at least {len(stalled)} for certain')
    demand(loop["stall_ns"] >= sum(turn[2] for turn in stalled) * (1 - CLOCK), "stall is too short")
    part = [part for part in loop["sites"] if part["site"] == site["id"]]
    demand(len(part) == 1, "the sync has no part in this loop's stalls")
    if not part:
        return
    between(sum(turn[0] for turn in stalled), part[0]["stall_ns"], sum(call[1] for call in calls),
            "the sync's part of the stalls")
    demand(part[0]["calls"] == len(calls), f'{part[0]["calls"]} syncs on the loop')
    demand(len([turn for turn in stalled if turn[1]]) <= part[0]["stalled_turns"] <= loop["stalls"],
           f'in {part[0]["stalled_turns"]} stalled turns')


def main():
    shunt, program = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="shunt-loop.") as directory:
        trace = os.path.join(directory, "trace")
        done = subprocess.run([shunt, "run", "--threshold", "2ms", "-o", trace, "--", program],
                              stdout=subprocess.PIPE, text=True, check=True, timeout=60)
        page = subprocess.run([shunt, "report", "--json", trace], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
    truth = read_truth(done.stdout)
    process = json.loads(page)["processes"][0]
    sites = [site for site in process["sites"] if site["call"] == "fsync"]
    demand(len(sites) == 1 and sites[0]["function"] == "sync_here", f"{len(sites)} sites of fsync")
    check_site(sites[0], [turn[:2] for turns in truth.values() for turn in turns if turn[1]])
    demand(sorted(loop["thread"] for loop in process["loops"]) == sorted(truth),
           f'{len(process["loops"])} loops of {len(truth)}')
    for loop in process["loops"]:
        check_loop(loop, sites[0], truth[loop["thread"]])
    print("\n".join(failures) or "as measured")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
