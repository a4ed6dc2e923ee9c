# SPDX-License-Identifier: MIT
"""Masters with workers, and what signals do to them: cotyledon's and oslo.service's launchers tell the
same story observed as bare. What happened is read from the events that the programs write and from
what they log, process ids and moments apart."""
import collections
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import time

from runs import ENVIRONMENT, RUN_SECONDS, Run, Wrong, demand, wait_until


class Launched:
    """A program that runs in a session of its own, its events, and the story so far."""

    def __init__(self, runner, mode, policy, program, *options):
        place = runner.directory()
        self.path = os.path.join(place, "events")
        self.log = open(os.path.join(place, "log"), "w+", encoding="utf-8")
        command, self.trace = runner.command(mode, [program, self.path, *options], policy=policy)
        self.process = subprocess.Popen(command, cwd=place, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, start_new_session=True)
        self.seen, self.story = 0, []

    def events(self):
        """[WORD, ..., PID] of every event so far."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="ascii") as file:
            return [line.split() for line in file]

    def master(self):
        return int(self.events()[0][-1])

    def pids(self, *words):
        """Of the events that begin with these words."""
        return [int(event[-1]) for event in self.events() if event[:-1] == list(words)]

    def until(self, **counts):
        """Waits for so many more events of each kind; the story gains them, sorted."""
        def new():
            there = self.events()[self.seen:]
            count = collections.Counter(event[0] for event in there)
            return there if all(count[word] >= least for word, least in counts.items()) else None
        there = wait_until(new, f"{counts}, after {self.story}")
        self.seen += len(there)
        self.story.append(sorted(event[:-1] for event in there))

    def signal(self, number, pid=None):
        self.story.append([signal.Signals(number).name])
        os.kill(pid or self.master(), number)

    def end(self):
        """The whole story: phases, events of the end, exit status, log without ids, survivors."""
        status = self.process.wait(timeout=RUN_SECONDS)
        pids = {int(event[-1]) for event in self.events()}
        self.story.append(sorted(event[:-1] for event in self.events()[self.seen:]))
        wait_until(lambda: not any(map(alive, pids)), "workers outlive their master")
        self.log.seek(0)
        lines = sorted({re.sub(r"\d{3,}", "N", line.strip()) for line in self.log})
        self.log.close()
        return {"story": self.story, "status": status, "log": lines}

    def kill(self):
        """After a failure: its processes, some of which may have sessions of their own."""
        if self.process.poll() is None:
            for pid in {int(event[-1]) for event in self.events()}:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def alive(pid):
    """A zombie that nobody reaps is dead."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def cotyledon_reload(one):
    """kill -9 brings a worker back under its id, HUP replaces both, TERM ends with status 0."""
    one.until(start=2)
    one.signal(signal.SIGKILL, one.pids("start", "1")[0])
    one.until(start=1)
    one.signal(signal.SIGHUP)
    one.until(terminate=2, start=2)
    one.signal(signal.SIGTERM)


def cotyledon_slow(one):
    """A terminate that takes too long is cut off by its timeout."""
    one.until(start=2)
    one.signal(signal.SIGTERM)


def oslo_reload(one):
    """The same for oslo.service: a killed worker returns, HUP resets and replaces, TERM ends. It
    sleeps, and says so, when more than its two workers are forked within two seconds."""
    one.until(start=2)
    time.sleep(2)
    one.signal(signal.SIGKILL, one.pids("start")[0])
    one.until(start=1)
    one.signal(signal.SIGHUP)
    one.until(reset=1, stop=2, start=2)
    one.signal(signal.SIGTERM)


def oslo_single(one):
    """HUP resets a service without workers in its own process, TERM ends it."""
    one.until(start=1)
    one.signal(signal.SIGHUP)
    one.until(stop=1, reset=1, start=1)
    one.signal(signal.SIGTERM)


def oslo_slow(one):
    """ALRM ends a service whose stop takes too long."""
    one.until(start=1)
    one.signal(signal.SIGTERM)


STORIES = {"cotyledon_reload": (cotyledon_reload, "cotyledon_workers.py"),
           "cotyledon_slow": (cotyledon_slow, "cotyledon_workers.py", "slow"),
           "oslo_reload": (oslo_reload, "oslo_workers.py", "2"),
           "oslo_single": (oslo_single, "oslo_workers.py", "1"),
           "oslo_slow": (oslo_slow, "oslo_workers.py", "1", "slow")}
# What the stories must come to, so that two equal failures are no success.
STATUS = {"oslo_slow": -signal.SIGALRM}
LOGGED = {"cotyledon_slow": "Graceful shutdown timeout .* exceeded", "cotyledon_reload": "Child N killed"}


def tell(runner, mode, name, policy=None):
    story, program, *options = STORIES[name]
    one = Launched(runner, mode, policy, program, *options)
    try:
        story(one)
        return Run(0, json.dumps(one.end()), "", one.trace)
    except Wrong as wrong:
        with open(one.log.name, encoding="utf-8") as log:
            raise Wrong(f"{name}, {mode}: {wrong}; its log: {log.read()}") from wrong
    finally:
        one.kill()


def demand_story(name, said):
    demand(said["status"] == STATUS.get(name, 0), f'{name}: status {said["status"]}')
    demand(any(re.search(LOGGED.get(name, ""), line) for line in said["log"] + [""]),
           f'{name}: it logged {said["log"]}')


def stories(runner, *_):
    """8 and 9: all of them at once, for most of their time is waiting."""
    with concurrent.futures.ThreadPoolExecutor(len(STORIES)) as pool:
        told = {(name, mode): pool.submit(tell, runner, mode, name)
                for name in STORIES for mode in ("bare", "observed")}
    for name in STORIES:
        bare, observed = told[name, "bare"].result(), told[name, "observed"].result()
        demand(bare.said == observed.said, f"{name}: bare {bare.said}\nobserved {observed.said}")
        demand_story(name, bare.said)
        report = runner.report(observed)
        starts = sum(event[0] == "start" for phase in bare.said["story"] for event in phase
                     if isinstance(event, list))
        workers = starts if name.startswith("cotyledon") or name == "oslo_reload" else 0
        recorded = len(report.all["processes"])
        demand(recorded >= 1 + workers, f"{name}: {recorded} processes were recorded")
    return None


SERVERS = ()
MODULES = ("eventlet", "cotyledon", "oslo_service")
SCENARIOS = (stories,)
