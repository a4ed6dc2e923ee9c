# SPDX-License-Identifier: MIT
"""Calls that monkey_patch() cannot make cooperative, and a C library whose callers hand the waiting
on to each other."""
import re

from runs import demand, demand_blocked

SHARE = 0.95


def waited_for(report, call, target):
    """The site of a call that waited for such a target longest; what no fd stands for has none."""
    found = [site for site in report.find(call, noise="None")
             if (any(re.fullmatch(target, one["target"]) for one in site["targets"])
                 if target else not site["targets"])]
    demand(found, f"no {call} of {target}: {[site['target'] for site in report.find(call)]}")
    return max(found, key=lambda site: site["max_ns"])


def blocking(runner, _, seconds):
    """5: FIFO open, flock, fsync, os.read of a pipe, a semaphore: each blocks the hub, each is named."""
    bare, observed = runner.pair("blocking.py", seconds)
    demand_blocked(bare, observed, SHARE * seconds)
    report = runner.report(observed)
    for call, target in (("open", r"fifo:.*/fifo"), ("flock", r"file:.*/lock"), ("read", "pipe"),
                         ("sem_wait", None), ("fsync", r"file:.*/data")):
        site = waited_for(report, call, target)
        if call != "fsync":
            demand(site["max_ns"] >= SHARE * seconds * 1e9, f'{call} took {site["max_ns"]} ns')
        demand(not site["interrupted"], f"{call} was interrupted")
    return bare, observed


def handoff(runner, _, seconds):
    """12: libvirt's way of sharing one connection: nobody hangs, native threads or green ones."""
    bare, observed = runner.pair("handoff.py", runner.library, seconds)
    in_thread, on_hub = observed.said["ticks"]
    demand(all(in_thread) and not any(on_hub), f'ticks within the calls: {observed.said["ticks"]}')
    demand(observed.said["gap"] >= SHARE * 3 * seconds, f'the hub waited {observed.said["gap"]} s')
    report = runner.report(observed)
    poll = report.one("poll", function="read_answer")
    demand(poll["max_ns"] >= SHARE * seconds * 1e9, f'the poll took {poll["max_ns"]} ns')
    demand(report.find("pthread_cond_wait", function="handoff_call"), "the hand-off is not named")
    return bare, observed


SERVERS = ()
MODULES = ("eventlet",)
SCENARIOS = (blocking, handoff)
