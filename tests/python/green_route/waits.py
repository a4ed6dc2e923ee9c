# SPDX-License-Identifier: MIT
"""Calls that block, each in green threads of their own beside a pulse: sleeps, a pipe, a poll in
C, a lock on a file, a sync, and several waits for one descriptor."""
import fcntl
import os
import time

from faces import PULSE, SLEEP, Pulse, library, nap, runtime, say, spawn, value_of, values_of

SLEEPERS = 10
free, _ = library()


def fork_helper(action):
    """A process that acts when SLEEP is over."""
    pid = os.fork()
    if pid == 0:
        time.sleep(SLEEP)
        action()
        os._exit(0)
    return pid


def sleeps():
    began = time.monotonic()
    values = values_of(*[lambda n=n: (time.sleep(SLEEP), n)[1] for n in range(SLEEPERS)])
    return values, time.monotonic() - began


def sleep_is_not_short():
    began = time.monotonic()
    for seconds in (0.001, 0.0123, 0.02):
        time.sleep(seconds)
    return time.monotonic() - began >= 0.0333


def read_pipe():
    reader, writer = os.pipe()
    pid = fork_helper(lambda: os.write(writer, b"late"))
    data = os.read(reader, 9)
    os.waitpid(pid, 0)
    return data.decode()


def poll_in_c():
    reader, writer = os.pipe()
    pid = fork_helper(lambda: os.write(writer, b"!"))
    value = free.readable(reader, 10000), free.readable(writer, 1)
    os.waitpid(pid, 0)
    return value


def take_lock():
    held, lock = (os.open("lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    fcntl.flock(held, fcntl.LOCK_EX)
    pid = fork_helper(lambda: fcntl.flock(held, fcntl.LOCK_UN))
    os.close(held)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.close(lock)
    os.waitpid(pid, 0)
    return "locked"


def sync_file():
    with open("data", "wb") as file:
        file.write(b"x" * (1 << 20))
        file.flush()
        os.fsync(file.fileno())
    return os.path.getsize("data")


def die():
    """What a green thread ends with is told as if it had not been parked: see standard error."""
    time.sleep(PULSE)
    free.readable(os.pipe()[1], 1)
    reader, writer = os.pipe()
    pid = fork_helper(lambda: os.write(writer, b"!"))
    os.read(reader, 1)
    os.waitpid(pid, 0)
    raise LookupError("of the test")


def same_numbers():
    """What the program opens while a call waits has the numbers that it would have."""
    reader, writer = os.pipe()
    waiting = spawn(os.read, reader, 1)
    polling = spawn(free.readable, reader, 5000)
    pid = fork_helper(lambda: os.write(writer, b"!!"))
    nap(0)
    ends = os.pipe()
    value_of(waiting), value_of(polling)
    os.waitpid(pid, 0)
    return [number - writer for number in ends]


def one_descriptor():
    """Three polls in C of a socket that the runtime waits for, too; bare they time out first."""
    ours, peer = runtime.socketpair()
    polls = [spawn(free.readable, ours.fileno(), 200) for _ in range(3)]
    receiver = spawn(ours.recv, 1)
    nap(PULSE)
    peer.send(b"ab")
    return value_of(receiver).decode(), [value_of(one) for one in polls]


def main():
    pulse = Pulse()
    nap(PULSE)
    slept, took = sleeps()
    calls = (read_pipe, poll_in_c, take_lock, sync_file)
    ticked, values = zip(*[pulse.within(call) for call in calls])
    long_enough = sleep_is_not_short()
    received, polled = one_descriptor()
    numbers = same_numbers()
    died = value_of(spawn(die))  # last, for its traceback opens files and may be late
    pulse.stop()
    say([slept, values, long_enough, received, died, numbers], {"polled": polled, "ticked": ticked[:3]},
        took=took, gap=pulse.gap, ticks=pulse.ticks)


main()
