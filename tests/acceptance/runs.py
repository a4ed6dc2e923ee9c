# SPDX-License-Identifier: MIT
"""Runs one program of programs/ bare and under `shunt run`, and holds both against each other: the
same exit status, the same values, the same standard error. What the report says of the observed run
is at hand as JSON and as text.

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
PYTHON = "/usr/bin/python3"
RUN_SECONDS = 120
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
    """Runs programs in directories of their own under one that goes at the end."""

    def __init__(self, shunt):
        self.shunt = os.path.abspath(shunt)
        self.work = tempfile.mkdtemp(prefix="shunt-acceptance.", dir="/tmp")
        self.numbers = itertools.count(1)

    def command(self, mode, words):
        """(what to start, the trace it leaves or None); words[0] is a file of programs/."""
        command = [PYTHON, os.path.join(PROGRAMS, words[0]), *words[1:]]
        if mode == "bare":
            return command, None
        trace = os.path.join(self.work, f"trace.{next(self.numbers)}")
        return [self.shunt, "run", "-o", trace, "--", *command], trace

    def directory(self):
        return tempfile.mkdtemp(dir=self.work)

    def run(self, mode, *words, **environment):
        command, trace = self.command(mode, [str(word) for word in words])
        done = subprocess.run(command, cwd=self.directory(), env=dict(ENVIRONMENT, **environment),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=RUN_SECONDS, check=False)
        return Run(done.returncode, done.stdout, done.stderr, trace)

    def pair(self, *words, **environment):
        """(bare, observed), side by side, of a program that says its values; both came to the same."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            bare, observed = (one.result() for one in
                              [pool.submit(self.run, mode, *words, **environment)
                               for mode in ("bare", "observed")])
        demand(bare.said, f"bare: status {bare.status}, {bare.out}{bare.error}")
        for name in ("status", "error"):
            demand(getattr(bare, name) == getattr(observed, name),
                   f"{name} was {getattr(bare, name)}, observed {getattr(observed, name)}")
        demand(bare.said["values"] == observed.said.get("values"),
               f'values were {bare.said["values"]}, observed {observed.out}')
        return bare, observed

    def report(self, run, *options):
        return Report(self.shunt, run.trace, *options)

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)


def demand_blocked(bare, observed, least):
    """Every call blocked the hub, bare as well as observed: no tick fell into one of them."""
    for name, run in (("bare", bare), ("observed", observed)):
        demand(not any(run.said["ticks"]), f'{name}: ticks within the calls: {run.said["ticks"]}')
        demand(run.said["gap"] >= least, f'{name}: the hub waited only {run.said["gap"]:.3f} s')


def demand_cooperative(bare, observed):
    """The hub served others in every call."""
    for name, run in (("bare", bare), ("observed", observed)):
        demand(all(run.said["ticks"]), f'{name}: no tick within a call: {run.said["ticks"]}')


def wait_until(condition, what, seconds=30):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        demand(time.monotonic() < until, f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)
