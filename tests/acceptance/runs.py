# SPDX-License-Identifier: MIT
"""Runs one program of programs/ bare, under `shunt run`, and under a policy that routes what blocks to
`green` (green.yaml), and holds all against each other: the same exit status, the same values, the same
standard error. What the report says of the others is at hand as JSON and as text.

A scenario demands; the first demand that does not hold raises Wrong with the sentence that says so.
"""
import concurrent.futures
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
POLICY = os.path.join(HERE, "green.yaml")
PYTHON = "/usr/bin/python3"
RUN_SECONDS = 120
GAP = 0.05  # s; what a hub that nothing blocks keeps below
# Nothing of the caller's that changes how Python or Eventlet behave.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "PYTHONPATH": PROGRAMS,
               "PYTHONDONTWRITEBYTECODE": "1"}


class Wrong(Exception):
    """Something that was promised does not hold."""


def demand(holds, text):
    if not holds:
        raise Wrong(text)


class Run:
    """One run that has ended."""

    def __init__(self, status, out, error, trace=None):
        self.status, self.out, self.error, self.trace = status, out, error, trace
        self.said = json.loads(out) if out.startswith("{") else {}


class Report:
    """What `shunt report` says of one process of a trace."""

    def __init__(self, shunt, trace, *options):
        self.shunt, self.trace, self.options = shunt, trace, options
        with open(os.path.join(trace, "run.json"), encoding="utf-8") as file:
            run = json.load(file)
        demand(not run["gaps"], f'not observed: {run["gaps"]}')
        self.all = json.loads(self.page("--json"))
        self.text = self.page()
        first = [one for one in self.all["processes"] if one["pid"] == run["pid"]]
        demand(first, "the process is not in the report")
        self.process = first[-1]
        self.sites = self.process["sites"]

    def page(self, *more):
        return subprocess.run([self.shunt, "report", *self.options, *more, self.trace], text=True,
                              stdout=subprocess.PIPE, env=ENVIRONMENT, check=True).stdout

    def find(self, call, **fields):
        """The sites of a call whose fields are matched whole by these regexes."""
        return [site for site in self.sites if re.fullmatch(call, site["call"])
                and all(re.fullmatch(wanted, str(site[name])) for name, wanted in fields.items())]

    def one(self, call, **fields):
        """The only such site."""
        found = self.find(call, **fields)
        there = [tuple(str(site[name]) for name in ("call", *fields)) for site in self.sites
                 if re.fullmatch(call, site["call"])]
        demand(len(found) == 1, f"{len(found)} sites are {call} {fields}; there are {there}")
        return found[0]


    def demand_place(self, site, program, function, text):
        """The site is that function of the program, and its line the one that holds the text."""
        line, program = line_of(program, text), os.path.basename(program)
        told = (site["function"], os.path.basename(site["file"] or "?"), site["line"])
        demand(told == (function, program, line),
               f'{site["call"]} is in {told}, not in {function} at {program}:{line}')
        detail = subprocess.run([self.shunt, "site", site["id"], self.trace], text=True, env=ENVIRONMENT,
                                stdout=subprocess.PIPE, check=True).stdout
        demand(f"{program}:{line}" in detail, f"shunt site does not name {program}:{line}: {detail}")


def line_of(program, text):
    """The number of the only line that holds the text; the program is one of programs/, or a path."""
    with open(os.path.join(PROGRAMS, program), encoding="utf-8") as file:
        lines = [number for number, line in enumerate(file, 1) if text in line]
    assert len(lines) == 1, (program, text, lines)
    return lines[0]


class Runner:
    """Runs programs in directories of their own under one that goes at the end. `strict`: times are
    demanded, too, which a busy machine may not keep."""

    def __init__(self, shunt, strict=False):
        self.shunt, self.strict = os.path.abspath(shunt), strict
        self.work = tempfile.mkdtemp(prefix="shunt-acceptance.", dir="/tmp")
        self.numbers = itertools.count(1)

    def command(self, mode, words, before=(), policy=POLICY):
        """(what to start, the trace it leaves or None); words[0] is a file of programs/."""
        command = [PYTHON, os.path.join(PROGRAMS, words[0]), *words[1:]]
        if mode == "bare":
            return [*before, *command], None
        trace = os.path.join(self.work, f"trace.{next(self.numbers)}")
        routed = ["--policy", policy] if mode == "green" else []
        return [*before, self.shunt, "run", *routed, "-o", trace, "--", *command], trace

    @staticmethod
    def environment(**more):
        return dict(ENVIRONMENT, **more)

    def directory(self):
        return tempfile.mkdtemp(dir=self.work)

    def run(self, mode, *words, before=(), policy=POLICY, **environment):
        command, trace = self.command(mode, [str(word) for word in words], before, policy)
        done = subprocess.run(command, cwd=self.directory(), env=self.environment(**environment),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=RUN_SECONDS, check=False)
        return Run(done.returncode, done.stdout, done.stderr, trace)

    def alike(self, modes, *words, **more):
        """One run a mode, side by side (one by one where times count), of a program that says its
        values; all came to the same."""
        with concurrent.futures.ThreadPoolExecutor(1 if self.strict else len(modes)) as pool:
            runs = [one.result() for one in
                    [pool.submit(self.run, mode, *words, **more) for mode in modes]]
        bare = runs[0]
        demand(bare.said, f"bare: status {bare.status}, {bare.out}{bare.error}")
        for mode, run in zip(modes[1:], runs[1:]):
            for name in ("status", "error"):
                demand(getattr(bare, name) == getattr(run, name),
                       f"{name} was {getattr(bare, name)}, {mode} {getattr(run, name)}")
            demand(bare.said["values"] == run.said.get("values"),
                   f'values were {bare.said["values"]}, {mode} {run.out}')
        return runs

    def pair(self, *words, **more):
        """(bare, observed)"""
        return self.alike(("bare", "observed"), *words, **more)

    def three(self, *words, **more):
        """(bare, observed, green)"""
        return self.alike(("bare", "observed", "green"), *words, **more)

    def report(self, run, *options):
        return Report(self.shunt, run.trace, *options)

    def report_of(self, trace):
        return Report(self.shunt, trace)

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)


def demand_blocked(bare, observed, least):
    """Every call blocked the hub, bare as well as observed: no tick fell into one of them."""
    for name, run in (("bare", bare), ("observed", observed)):
        demand(not any(run.said["ticks"]), f'{name}: ticks within the calls: {run.said["ticks"]}')
        demand(run.said["gap"] >= least, f'{name}: the hub waited only {run.said["gap"]:.3f} s')


def demand_cooperative(*runs):
    """The hub served others in every call."""
    for run in runs:
        name = "bare" if not run.trace else "under shunt"
        demand(all(run.said["ticks"]), f'{name}: no tick within a call: {run.said["ticks"]}')


def demand_freed(runner, green, together, most):
    """Under the policy the hub served others in every call, and so many were under way at a time.
    Where times count: no gap of 50 ms, and all took `most` seconds at most (None: not asked)."""
    demand_cooperative(green)
    demand(green.said["together"] == together,
           f'{green.said["together"]} calls were under way at a time, not {together}')
    if runner.strict:
        demand(green.said["gap"] < GAP, f'the hub could not turn for {1000 * green.said["gap"]:.0f} ms')
    if runner.strict and most is not None:
        demand(green.said["seconds"] <= most,
               f'all took {green.said["seconds"]:.3f} s, more than {most:.3f} s')


def wait_until(condition, what, seconds=30):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        demand(time.monotonic() < until, f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)
