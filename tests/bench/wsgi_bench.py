# SPDX-License-Identifier: MIT
"""scripts/bench wsgi: requests a second of an Eventlet WSGI server under wrk, bare beside observed.

Both servers run all the time and are loaded in turn, in pairs, so that what else the machine does hits
both. The server is one thread and always busy, so requests a second are its CPU time turned around;
that, too, is measured, for it does not depend on who else wants the CPU.
"""
import os
import re
import socket
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 16


def interpreter(pid):
    """That process or its descendant that runs Python; None if there is none."""
    if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("python"):
        return pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return next(filter(None, (interpreter(int(child)) for child in children.read().split())), None)


class Server:
    """The server on a free port, bare or observed, with what it has used of the CPU."""

    def __init__(self, bench, observed):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = ["/usr/bin/python3", os.path.join(HERE, "wsgi.py"), str(self.port)]
        self.bench, self.trace = bench, None
        if observed:
            command, self.trace = bench.observed(command)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise SystemExit("bench: the WSGI server did not come up") from None
                time.sleep(0.05)
        self.pid = interpreter(self.process.pid)

    def cpu(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def load(self, seconds):
        """(requests a second, requests a second of the server's CPU time)"""
        before = self.cpu()
        out = subprocess.run(["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s",
                              f"http://127.0.0.1:{self.port}/"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
        used = self.cpu() - before
        requests = int(re.search(r"(\d+) requests in", out)[1])
        if "Non-2xx" in out or "Socket errors" in out:
            raise SystemExit(f"bench: wrk saw errors:\n{out}")
        return float(re.search(r"Requests/sec: *([\d.]+)", out)[1]), requests / used

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        if self.trace:
            self.bench.check_observed(self.trace)


def measure(bench, pairs, seconds):
    """Ratios observed / bare of neighbours in time, as (a second, a second of CPU), and the bare rate."""
    bare, observed = Server(bench, False), Server(bench, True)
    ratios, rates = [], []
    try:
        for server in (bare, observed):
            server.load(seconds)
        for i in range(pairs):
            order = (bare, observed) if i % 2 else (observed, bare)
            rate = {server: server.load(seconds) for server in order}
            ratios.append(tuple(seen / plain for seen, plain in zip(rate[observed], rate[bare])))
            rates.append(rate[bare][0])
    finally:
        bare.close()
        observed.close()
    return ratios, statistics.median(rates)
