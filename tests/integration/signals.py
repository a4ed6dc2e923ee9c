# SPDX-License-Identifier: MIT
"""Signals to the program, to shunt run, to their group and from a terminal. See signals.bash."""
import os
import pty
import select
import signal
import subprocess
import sys
import time

SHUNT, WORK = sys.argv[1:]
COUNTER = """
import os, signal, time
def hear(number, frame):
    os.write(1, b"got %d\\n" % number)
for number in (1, 2, 3, 10, 12, 15, 18, 28, 40):
    signal.signal(number, hear)
os.write(1, b"ready\\n")
end = time.time() + 40
while time.time() < end:
    time.sleep(0.1)
"""
made = 0


def command(*program):
    global made
    made += 1
    return [SHUNT, "run", "-o", f"{WORK}/signals.{made}", "--", *program]


def counter(**more):
    p = subprocess.Popen(command("/usr/bin/python3", "-c", COUNTER), stdout=subprocess.PIPE,
                         start_new_session=True, **more)
    assert p.stdout.readline() == b"ready\n"
    return p


def child_of(pid):
    """The program: the child that is no witness."""
    for one in open(f"/proc/{pid}/task/{pid}/children").read().split():
        if "python" in open(f"/proc/{one}/comm").read():
            return int(one)
    raise AssertionError("no child")


def hears(p, number):
    """The program tells of this signal next. Waited for: two at once may be told in any order."""
    got = p.stdout.readline()
    assert got == b"got %d\n" % number, got


def ends_silent(p, child):
    """Nothing was heard twice; ends the program."""
    time.sleep(0.4)
    os.kill(child, signal.SIGKILL)
    assert p.wait() == -signal.SIGKILL
    rest = p.stdout.read()
    assert rest == b"", rest


def to_us_alone():
    p = counter()
    child = child_of(p.pid)
    for number in (1, 10, 12, 15, 2, 3, 28, 40):
        os.kill(p.pid, number)
        hears(p, number)
    ends_silent(p, child)


def to_the_group():
    p = counter()
    child = child_of(p.pid)
    for number in (10, 15, 2, 28, 10):
        os.killpg(p.pid, number)
        hears(p, number)
    os.kill(p.pid, 12)
    hears(p, 12)
    ends_silent(p, child)


def to_the_program():
    p = counter()
    child = child_of(p.pid)
    os.kill(child, 15)
    hears(p, 15)
    ends_silent(p, child)


def from_the_program_to_its_group():
    """`trap "kill 0" EXIT`: its parent in another group hears nothing."""
    heard_here = []
    signal.signal(signal.SIGTERM, lambda *a: heard_here.append(1))
    p = subprocess.run(command("bash", "-c", 'trap "exit 3" TERM; kill 0; sleep 1; exit 4'),
                       start_new_session=True)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert p.returncode == 3 and not heard_here, (p.returncode, heard_here)


def from_the_program_to_its_parent():
    """A server that tells who started it that it is ready."""
    heard_here = []
    signal.signal(signal.SIGUSR1, lambda *a: heard_here.append(1))
    p = subprocess.Popen(command("bash", "-c", "kill -USR1 $PPID; sleep 0.5; exit 6"),
                         start_new_session=True)
    while p.poll() is None:
        time.sleep(0.02)
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    assert p.returncode == 6 and heard_here == [1], (p.returncode, heard_here)


def ignored_from_before():
    """As under nohup: a hangup ends neither."""
    p = subprocess.Popen(["nohup", *command("sleep", "1")], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
    while open(f"/proc/{p.pid}/comm").read() == "nohup\n":
        time.sleep(0.05)
    time.sleep(0.4)
    os.killpg(p.pid, signal.SIGHUP)
    assert p.wait() == 0


def alarm_from_before():
    """alarm(2) and exec: the timer is the program's."""
    p = subprocess.run(["perl", "-e", "alarm 1; exec @ARGV", *command("sleep", "600")])
    assert p.returncode == -signal.SIGALRM, p.returncode


def stopped_alone():
    """Who stops the program alone and lets it go on finds us alive."""
    p = counter()
    child = child_of(p.pid)
    os.kill(child, signal.SIGSTOP)
    time.sleep(0.3)
    state = open(f"/proc/{p.pid}/stat").read().rsplit(")", 1)[1].split()[0]
    assert state != "T", state
    os.kill(child, signal.SIGCONT)
    hears(p, 18)
    ends_silent(p, child)


class Terminal:
    """An interactive bash on a terminal of its own."""

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "$ "
            os.chdir(WORK)
            os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])

    def type(self, text, until, seconds=40):
        os.write(self.fd, text.encode())
        seen, end = "", time.time() + seconds
        while until not in seen:
            assert time.time() < end, f"after {text!r}: no {until!r} in {seen!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                seen += os.read(self.fd, 4096).decode(errors="replace")
        return seen

    def in_front(self, job, seconds=40):
        """Waits until the job has the terminal, or bash: it writes before it hands over, and who types
        in between is heard by the other."""
        end = time.time() + seconds
        while (os.tcgetpgrp(self.fd) != self.pid) != job:
            assert time.time() < end, f"group {os.tcgetpgrp(self.fd)} has the terminal"
            time.sleep(0.01)


def terminal():
    with open(f"{WORK}/counter.py", "w") as file:
        file.write(COUNTER)
    t = Terminal()
    t.type(" ".join(command("/usr/bin/python3", "counter.py")) + "\n", "ready")
    seen = t.type("\x03", "got 2")
    t.type("\x1a", "Stopped")
    t.in_front(job=False)
    t.type("jobs\n", "Stopped")
    t.type("bg\n", "&")
    t.type("kill -USR1 %1\n", "got 10")
    t.type("kill -USR2 $!\n", "got 12")
    t.type("fg\n", "counter.py")
    t.in_front(job=True)
    rest = t.type("\x03", "got 2")
    time.sleep(0.3)
    rest += t.type("\x1c", "got 3")
    assert (seen + rest).count("got 2") == 2, seen + rest
    t.type("\x1a", "Stopped")
    t.in_front(job=False)
    t.type("kill -KILL %1; wait; echo ov''er\n", "over")
    for key, status in ("\x03", 130), ("\x04", 0):
        t.type(" ".join(command("cat")) + "\n", "cat")
        t.in_front(job=True)
        t.type("typed\n", "typed\r\ntyped")
        t.type(key, "$ ")
        t.in_front(job=False)
        t.type("echo status $?\n", f"status {status}")


for test in (to_us_alone, to_the_group, to_the_program, from_the_program_to_its_group,
             from_the_program_to_its_parent, ignored_from_before, alarm_from_before, stopped_alone,
             terminal):
    print(test.__name__, flush=True)
    test()
