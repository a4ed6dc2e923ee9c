# SPDX-License-Identifier: MIT
"""Calls that monkey_patch() cannot make cooperative, and a C library whose callers hand the waiting
on to each other."""
import re

from runs import demand, demand_blocked

SHARE = 0.95


BLOCKING = (("open", r"fifo:.*/fifo", "open_fifo", "os.O_RDONLY"),
            ("flock", r"file:.*/lock", "take_lock", "return fcntl.flock("),
            ("fsync", r"file:.*/data", "sync_file", "os.fsync(DATA)"),
            ("read", "pipe", "read_pipe", "os.read(PIPE"),
            ("sem_wait", "None", "take_semaphore", "SEMAPHORE.acquire()"))


def blocking(runner, _, seconds):
    """5: FIFO open, flock, fsync, os.read of a pipe, a semaphore: each blocks the hub, each is named."""
    bare, observed = runner.pair("blocking.py", seconds)
    demand_blocked(bare, observed, SHARE * seconds)
    report = runner.report(observed)
    for call, target, function, text in BLOCKING:
        site = report.one(call, function=function)
        report.demand_place(site, "blocking.py", function, text)
        demand(re.fullmatch(target, str(site["target"])), f'{call} waited for {site["target"]}')
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
    poll = report.one("poll", function="main.<locals>.on_hub")
    report.demand_place(poll, "handoff.py", "main.<locals>.on_hub",
                        "return library.handoff_call(client, value)")
    demand(poll["max_ns"] >= SHARE * seconds * 1e9, f'the poll took {poll["max_ns"]} ns')
    demand(poll["on_loop"], "it is not on the hub")
    for call in ("poll", "pthread_cond_wait"):
        off = report.find(call, via=".*libhandoff.so.*", on_loop="False")
        demand(off, f"{call} of the native threads is not named: {report.find(call)}")
    return bare, observed


SERVERS = ()
MODULES = ("eventlet",)
SCENARIOS = (blocking, handoff)
