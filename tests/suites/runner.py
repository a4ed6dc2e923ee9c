# SPDX-License-Identifier: MIT
"""Runs the units of one suite (NAME.bash, see lib.bash), bare, observed, routed or green, several at a
time, and gathers what each says.

As root every unit has a network, IPC and process ids of its own: it meets no other unit's ports and
leaves no process behind. Otherwise units run one after the other in the open.
"""
import concurrent.futures
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
APART = ["unshare", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def can_isolate():
    return subprocess.run([*APART, "ip", "link", "set", "lo", "up"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


class Proof:
    """That runs were observed: sums of what their traces hold."""

    def __init__(self):
        self.traces = self.calls = self.lost = self.moved = 0
        self.without = []

    def add(self, unit, path):
        traces = calls = 0
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                for line in file:
                    one = [int(word) for word in line.split()]
                    traces, calls = traces + one[0], calls + one[1]
                    self.lost += one[2]
                    self.moved += one[3]
        if not traces or not calls:
            self.without.append(unit)
        self.traces += traces
        self.calls += calls


class Suite:
    def __init__(self, name, options):
        self.name, self.options = name, options
        self.script = os.path.join(HERE, name + ".bash")
        self.proof = Proof()
        self.isolated = can_isolate()
        self.numbers = itertools.count()
        self.jobs = options.jobs if self.isolated else 1
        # Nothing of the caller's environment but where its programs are; no shims before Debian's.
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                    "CACHE": options.cache, "SHUNT": options.shunt, "DUMP": options.dump,
                    "AGAINST": options.mode, "ISOLATED": str(int(self.isolated))}

    def ask(self, *words):
        return subprocess.run(["bash", self.script, *words], check=True, text=True, env=self.env,
                              stdout=subprocess.PIPE).stdout

    def prepare(self):
        self.ask("prepare")

    def units(self):
        return self.ask("units", self.options.size).split()

    def run(self, mode, units, label):
        """One run of these units: ({unit: {test: status}}, seconds)."""
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            results = dict(zip(units, pool.map(lambda unit: self.unit(mode, unit, label), units)))
        return results, time.monotonic() - began

    def unit(self, mode, unit, label):
        work = tempfile.mkdtemp(prefix="suite.", dir="/tmp")
        os.chmod(work, 0o755)
        # Temporary files are often named by process id: ids begin elsewhere in every unit.
        os.mkdir(os.path.join(work, "tmp"), 0o777)
        env = dict(self.env, MODE=mode, WORK=work, HOME=work, TMPDIR=os.path.join(work, "tmp"),
                   FIRST_PID=str(300 + next(self.numbers) * 499 % 31000))
        command = [*(APART if self.isolated else []), "bash", self.script, "unit", unit]
        try:
            with subprocess.Popen(command, env=env, text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, start_new_session=True) as process:
                out, ended = self.wait(process)
            results = parse(out)
            if not ended:
                results["(end)"] = "timeout"
            if mode != "bare":
                self.proof.add(unit, os.path.join(work, "proof"))
            self.keep(work, unit, label, out)
            return results
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def wait(self, process):
        """(output, whether it came to an end by itself)"""
        try:
            return process.communicate(timeout=self.options.unit_timeout)[0], True
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.communicate()[0], False

    def keep(self, work, unit, label, out):
        if not self.options.keep:
            return
        place = os.path.join(self.options.keep, self.name, label, unit.replace("/", "_"))
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, "results"), "w", encoding="utf-8") as file:
            file.write(out)
        for name in ("log", "proof", "dump.err"):
            if os.path.exists(os.path.join(work, name)):
                shutil.copy(os.path.join(work, name), place)
        if os.path.isdir(os.path.join(work, "trace")):
            shutil.copytree(os.path.join(work, "trace"), os.path.join(place, "trace"),
                            dirs_exist_ok=True)


def parse(out):
    """`TEST STATUS` lines; a name that comes again gets a number."""
    results = {}
    for line in out.splitlines():
        test, _, status = line.strip().rpartition(" ")
        name, count = test, 1
        while name in results:
            count += 1
            name = f"{test} #{count}"
        results[name] = status
    return results
