# SPDX-License-Identifier: MIT
"""scripts/bench green: what a query costs that a green thread waits for, through psycopg2 under Eventlet
and against a PostgreSQL of its own: as it is (it blocks the hub), with its waits routed to green, and
through eventlet.tpool, all in one run."""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../acceptance"))
import servers  # noqa: E402

POLICY = os.path.join(HERE, "../acceptance/green.yaml")
ROWS = [(way, kind) for kind in ("one", "ten") for way in ("native", "green", "tpool")]
COUNTS = {"one": 500, "ten": 1}


def measure_one(bench, port, way, kind):
    """Nanoseconds a query."""
    how = "tpool" if way == "tpool" else "direct"
    command, trace = ["/usr/bin/python3", os.path.join(HERE, "green_query.py"), how, kind,
                      str(COUNTS[kind]), str(port)], None
    if way == "green":
        command, trace = bench.observed(command, "--policy", POLICY, "--no-completeness")
    value = float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    if trace:
        check_moved(bench, trace, kind)
    return value


def check_moved(bench, trace, kind):
    """A wait that was not moved is as cheap as native: it must not pass as a measurement."""
    report = json.loads(subprocess.run([bench.shunt, "report", "--json", trace], check=True, text=True,
                                       stdout=subprocess.PIPE).stdout)
    moved = report["processes"][0]["routed"]["green"]["ready"]
    least = {"one": COUNTS["one"] // 2, "ten": 10}[kind]
    if moved < least:
        raise SystemExit(f"bench: only {moved} waits were given to the hub, of {least} at least")
    shutil.rmtree(trace)


def measure(bench, rounds):
    """(way, kind) -> least ns a query, of interleaved rounds."""
    best = {}
    with servers.Group(servers.PostgreSQL) as up:
        for _ in range(rounds):
            for way, kind in ROWS:
                value = measure_one(bench, up[servers.PostgreSQL].port, way, kind)
                best[way, kind] = min(value, best.get((way, kind), value))
    return best


def show(best):
    print(f"\n{'':10}{'select 1':>22}{'10 x pg_sleep(0.2)':>22}")
    print(f"{'':10}{'us   x native':>22}{'s   x native':>22}")
    for way in ("native", "green", "tpool"):
        one, ten = best[way, "one"], best[way, "ten"]
        print(f"{way:10}{one / 1000:14.1f}{one / best['native', 'one']:8.2f}"
              f"{ten / 1e9:14.3f}{ten / best['native', 'ten']:8.2f}")


def judged(best, judge):
    """PASS or OVER for each budget; whether all are kept."""
    fine = judge("select 1, green, of native", 100 * best["green", "one"] / best["native", "one"],
                 160.0, "%")
    fine &= judge("select 1, green, of tpool", 100 * best["green", "one"] / best["tpool", "one"], 100.0,
                  "%")
    fine &= judge("10 x 0.2 s, green", best["green", "ten"] / 1e6, 220.0, "ms")
    return fine
