# SPDX-License-Identifier: MIT
"""11: an Eventlet WSGI service with redis and memcached behind it. One site after the other is flipped
to green in its running process, then both are rolled back; each time the same suite of requests finds
the same answers, and `shunt progress` shows the step."""
import concurrent.futures
import http.client
import os
import signal
import subprocess

import servers
from runs import demand, wait_until

CLIENTS, REQUESTS = 4, 3
POLICY = """version: 1
rules:
  - id: redis
    match: {{ call: [read, recv], via: "libhiredis.so*" }}
    route: green
    rollout: {redis}
  - id: memcached
    match: {{ call: recv, python_function: memcached_ask }}
    route: green
    rollout: {memcached}
"""
# (redis, memcached), the rules that take calls, how many requests are under way at a time
STEPS = (("0%", "0%"), ("100%", "0%"), ("100%", "100%"), ("0%", "0%"))


class Service:
    """The service under a policy file that is changed while it runs."""

    def __init__(self, runner, up):
        self.shunt, self.place = runner.shunt, runner.directory()
        self.policy = os.path.join(self.place, "plan.yaml")
        self.port = servers.free_port()
        self.write(*STEPS[0])
        command, self.trace = runner.command(
            "green", ["caches.py", str(self.port), str(up[servers.Redis].port),
                      str(up[servers.Memcached].port)], policy=self.policy)
        self.log = open(os.path.join(self.place, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, cwd=self.place, env=runner.environment(),
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_until(self.answers, "the service does not answer", 60)

    def answers(self):
        try:
            return self.get("/gap")
        except (OSError, http.client.HTTPException):
            demand(self.process.poll() is None, f"the service ended: {self.said()}")
            return None

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def write(self, redis, memcached):
        with open(self.policy, "w", encoding="ascii") as file:
            file.write(POLICY.format(redis=redis, memcached=memcached))

    def apply(self, *shares):
        self.write(*shares)
        self.ask("policy", "apply", self.policy, self.trace)

    def ask(self, *words):
        done = subprocess.run([self.shunt, *words], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        demand(done.returncode == 0, f"{words}: status {done.returncode}: {done.stdout}")
        return done.stdout

    def suite(self, step):
        """The functional suite, by all clients at once; how many requests were under way at a time."""
        self.get("/gap")
        texts = [f"text.{step}.{number}" for number in range(CLIENTS * REQUESTS)]
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            found = list(pool.map(lambda text: self.get(f"/store/{text}"), texts))
        wanted = [(200, f"{text} {text}") for text in texts]
        demand(found == wanted, f"step {step}: {str(found)[:2000]}")
        return int(self.get("/gap")[1].split()[1])

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        self.log.close()


def flips(runner, up, _):
    service = Service(runner, up)
    try:
        together = []
        for step, shares in enumerate(STEPS):
            if step:
                service.apply(*shares)
            together.append(service.suite(step))
            page = service.ask("progress", "--policy", service.policy, service.trace)
            for name, share in zip(("redis", "memcached"), shares):
                state = "moved" if share == "100%" else "planned"
                demand(any(line.split()[:2] == [name, state] for line in page.splitlines()),
                       f"step {step}: progress does not show {name} {state}:\n{page}")
        demand(together[0] == 1 and together[3] == 1, f"under way at a time: {together}")
        demand(together[1] > 1 and together[2] > 1, f"under way at a time: {together}")
    finally:
        service.end()
    rules = {}
    for rule in runner.report_of(service.trace).process["policy"]["rules"]:
        rules[rule["id"]] = rules.get(rule["id"], 0) + rule["moved"]
    demand(rules.get("redis") and rules.get("memcached"), f"moved were {rules}")
    return None


SERVERS = (servers.Redis, servers.Memcached)
MODULES = ("eventlet",)
SCENARIOS = (flips,)
