# SPDX-License-Identifier: MIT
"""scripts/bench pool: a call made by another thread, through shunt's pool and through its peers' pools,
in one run. Every way makes the same call; what shunt moved is counted in its trace, so that a call
that stayed with its caller is not taken for a fast hand-off."""
import json
import os
import shutil
import subprocess

# column -> (call, callers, calls of each for C and for Python, prefix)
COLUMNS = {"1 caller": ("read", 1, 20_000, 2_000, []),
           "on one CPU": ("read", 1, 20_000, 2_000, ["taskset", "-c", "0"]),
           "8 callers": ("read", 8, 10_000, 500, []),
           "64 x 1 ms": ("sleep", 64, 300, 60, [])}
WAYS = ["native", "shunt", "libuv", "glib", "futures", "gevent", "eventlet"]


class PoolBench:
    def __init__(self, bench, root, run):
        self.bench, self.root, self.run_command = bench, root, run
        self.program = os.path.join(bench.work, "handoff")
        flags = run(["pkg-config", "--cflags", "--libs", "libuv", "glib-2.0"]).split()
        run(["cc", "-std=gnu11", "-O2", "-D_GNU_SOURCE",
             os.path.join(root, "tests/bench/handoff.c"), "-o", self.program, *flags, "-pthread"])

    def command(self, way, column):
        call, callers, count, python_count, prefix = COLUMNS[column]
        if way in ("futures", "gevent", "eventlet"):
            peers = os.path.join(self.root, "tests/bench/handoff_peers.py")
            return [*prefix, "/usr/bin/python3", peers, way, call, str(callers), str(python_count)]
        how = way if way in ("libuv", "glib") else "calls"
        return [*prefix, self.program, how, call, str(callers), str(count)]

    def measure(self, way, column):
        """(ns a call, calls a second), or None where the peer is not installed."""
        command, trace = self.command(way, column), None
        if way == "shunt":
            command, trace = self.bench.observed(command, "--route", "pool", "--no-completeness")
        try:
            words = self.run_command(command, stderr=subprocess.DEVNULL).split()
        except subprocess.CalledProcessError:
            if way in ("native", "shunt"):
                raise
            return None
        if trace:
            self.check_moved(trace, column)
        return float(words[0]), float(words[1])

    def check_moved(self, trace, column):
        _, callers, count, _, _ = COLUMNS[column]
        report = json.loads(self.run_command([self.bench.shunt, "report", "--json", trace]))
        moved = sum(process["routed"]["moved"] for process in report["processes"]
                    if "routed" in process)
        if moved < 0.99 * callers * count:
            raise SystemExit(f"bench: {column}: only {moved} of {callers * count} calls were moved")
        shutil.rmtree(trace)


def measure(pool_bench, rounds):
    """(way, column) -> (least ns, most calls a second) of interleaved rounds."""
    best = {}
    for _ in range(rounds):
        for column in COLUMNS:
            for way in WAYS:
                found = pool_bench.measure(way, column)
                if found:
                    before = best.get((way, column), found)
                    best[way, column] = min(found[0], before[0]), max(found[1], before[1])
    return best


def show(best):
    print(f"\n{'':10}{'1 caller':>20}{'on one CPU':>20}{'8 callers':>20}{'64 x 1 ms':>20}")
    print(f"{'':10}" + f"{'us   x shunt':>20}" * 2 + f"{'calls/s   x shunt':>20}" * 2)
    for way in WAYS:
        cells = []
        for i, column in enumerate(COLUMNS):
            found, shunt = best.get((way, column)), best["shunt", column]
            if not found:
                cells.append(f"{'-':>20}")
            elif i < 2:
                cells.append(f"{found[0] / 1000:12.2f}{found[0] / shunt[0]:8.2f}")
            else:
                cells.append(f"{found[1]:12,.0f}{found[1] / shunt[1]:8.2f}")
        print(f"{way:10}" + "".join(cells))


def judged(best, judge):
    """PASS or OVER for each budget; whether all are kept."""
    fine = True
    for column in ("1 caller", "on one CPU"):
        if ("libuv", column) in best:
            fine &= judge(f"round trip, {column}, of libuv's",
                          100 * best["shunt", column][0] / best["libuv", column][0], 50.0, "%")
    fine &= judge("hand-offs a second, 8 callers", best["shunt", "8 callers"][1], 150_000.0, "/s",
                  at_most=False)
    fine &= judge("64 callers x 1 ms, of native threads",
                  100 * best["shunt", "64 x 1 ms"][1] / best["native", "64 x 1 ms"][1], 90.0, "%",
                  at_most=False)
    return fine
