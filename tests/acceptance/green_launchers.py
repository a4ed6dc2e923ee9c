# SPDX-License-Identifier: MIT
"""8 and 9: masters with workers under signals, with all calls of Python functions that may move routed
to green: the same stories as bare."""
import concurrent.futures
import os

from launchers import MODULES, SERVERS, STORIES, demand_story, tell  # noqa: F401
from runs import demand

POLICY = """version: 1
rules:
  - { id: all, match: { family: [file, socket, select, time, dns, ipc, process], python_function: "*" }, route: green }
"""


def stories(runner, *_):
    path = os.path.join(runner.work, "all.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.write(POLICY)
    with concurrent.futures.ThreadPoolExecutor(len(STORIES)) as pool:
        told = {(name, mode): pool.submit(tell, runner, mode, name, path)
                for name in STORIES for mode in ("bare", "green")}
    for name in STORIES:
        bare, green = told[name, "bare"].result(), told[name, "green"].result()
        demand(bare.said == green.said, f"{name}: bare {bare.said}\ngreen {green.said}")
        demand_story(name, bare.said)
        taken = sum(rule["calls"] for one in runner.report(green).all["processes"]
                    for rule in one.get("policy", {}).get("rules", []))
        demand(taken, f"{name}: the rule took no call")
    return None


SCENARIOS = (stories,)
