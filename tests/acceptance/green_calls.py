# SPDX-License-Identifier: MIT
"""Calls that no patch makes cooperative, a C library whose callers hand the waiting on to each other,
and a fork between green calls, all routed to green."""
from runs import demand, demand_blocked, demand_cooperative, demand_freed

SHARE = 0.95


def blocking(runner, _, seconds):
    """5: FIFO open, flock, fsync, os.read of a pipe, a semaphore: none blocks the hub."""
    bare, observed, green = runner.three("blocking.py", seconds)
    demand_blocked(bare, observed, SHARE * seconds)
    demand_freed(runner, green, 1, None)
    moved = {rule["id"]: rule["moved"] for rule in runner.report(green).process["policy"]["rules"]}
    demand(moved["files"] >= 3 and moved["pipes"] and moved["semaphores"], f"moved were {moved}")
    return bare, observed, green


def handoff(runner, _, seconds):
    """12: libvirt's way of sharing one connection: nobody hangs, whoever waits."""
    runs = runner.three("handoff.py", runner.library, seconds)
    return runs


def forked(runner, _, seconds):
    """7: the parent has used workers; its child's routed calls complete, and then the parent's."""
    bare, observed, green = runner.three("forked.py", seconds)
    demand(not any(bare.said["ticks"]), f'bare: ticks {bare.said["ticks"]}')
    demand_cooperative(green)
    processes = runner.report(green).all["processes"]
    moved = [sum(rule["moved"] for rule in one["policy"]["rules"]) for one in processes]
    demand(sum(map(bool, moved)) >= 2, f"moved by process: {moved}")
    return bare, observed, green


SERVERS = ()
MODULES = ("eventlet",)
SCENARIOS = (blocking, handoff, forked)
