# SPDX-License-Identifier: MIT
"""How much of each thread's waiting a trace explains: completeness.py SHUNT TRACE LEAST.

Prints every thread that had more than 1 % of the time that all threads of the run were off the CPU
and not in line for one, as the kernel tells it, and exits with 1 if less than LEAST percent of one
of them is explained, or if it is not known. "Surely" is what is explained if all waits for a CPU lay
inside calls: on an idle machine the two figures are one."""
import json
import subprocess
import sys


def waited(thread):
    """Off the CPU and not in line for one, in ns."""
    wall = thread["sampled_monotonic_ns"] - thread["started_monotonic_ns"]
    return max(0, wall - thread["run_ns"] - thread["wait_ns"])


def told(percent):
    return "not known" if percent is None else f"{percent:8.2f}%"


def main():
    shunt, trace, least = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with open(f"{trace}/run.json", encoding="utf-8") as file:
        run = json.load(file)
    if not run["run_queue_known"]:
        print("skipped: this kernel does not tell how long threads waited for a CPU")
        return 77
    printed = subprocess.run([shunt, "report", "--json", trace], check=True, capture_output=True,
                             text=True).stdout
    saw = {(process["pid"], thread["tid"]): (thread["saw_percent"], thread["saw_surely_percent"])
           for process in json.loads(printed)["processes"] if process["state"] != "replaced"
           for thread in process["threads"]}
    threads = {(thread["pid"], thread["tid"]): thread for thread in run["threads"]}
    total = sum(waited(thread) for thread in threads.values())
    bad = few = 0
    print("    share    waited   explained     surely  thread")
    for key, thread in sorted(threads.items(), key=lambda item: -waited(item[1])):
        if waited(thread) * 100 <= total:
            few += 1
            continue
        percent, surely = saw.get(key, (None, None))
        fine = percent is not None and percent >= least
        bad += not fine
        print(f"  {waited(thread) * 100 / total:6.1f}% {waited(thread) / 1e9:7.2f} s  "
              f"{told(percent)}  {told(surely)}  "
              f"{thread['name']} ({key[0]}/{key[1]}){'' if fine else f'  BELOW {least:g}%'}")
    print(f"  and {few} threads with less than 1% of it")
    return 1 if bad else 0


sys.exit(main())
