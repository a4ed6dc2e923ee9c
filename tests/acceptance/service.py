# SPDX-License-Identifier: MIT
"""The service of examples/eventlet-wsgi, as quickstart and the documents run it: under Eventlet its page
names what blocks the hub and why; with native threads the same places have the same ids."""
import concurrent.futures
import os
import re
import subprocess

import servers
from runs import ENVIRONMENT, HERE, RUN_SECONDS, Report, Run, demand, line_of

EXAMPLE = os.path.join(HERE, "../../examples/eventlet-wsgi")
CLIENTS, LOAD_SECONDS = 8, 8  # the time before the load is a small part, on a busy machine, too
SERVICE = os.path.join(EXAMPLE, "service.py")
# Call, function, text of its line, library, why no patch reached it: in the order of their share.
BLOCKING = (("getaddrinfo", "lookup", "socket.getaddrinfo(", "glibc resolver",
             "greendns is off: EVENTLET_NO_GREENDNS=yes"),
            ("poll", "load_user", "cursor.execute(", "libmariadb.so.3",
             "monkey_patch: MySQLdb is not patched (default); libmariadb.so.3 waits below Python"
             " (inferred)"),
            ("fsync", "record", "os.fsync(", "application",
             "files are always ready for the kernel: no green runtime waits for them"))


def serve(runner, backend):
    trace = os.path.join(runner.directory(), "trace")
    done = subprocess.run([os.path.join(EXAMPLE, "run"), trace, str(LOAD_SECONDS), str(CLIENTS)],
                          cwd=runner.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(ENVIRONMENT, SHUNT=runner.shunt, SERVICE_BACKEND=backend),
                          timeout=RUN_SECONDS, check=False)
    demand(done.returncode == 0, f"{backend}: status {done.returncode}: {done.stdout}{done.stderr}")
    return Run(done.returncode, done.stdout, done.stderr, trace)


def sites_of(report):
    """The sites that the service is known to block in, with the place demanded."""
    sites = []
    for call, function, text, library, _ in BLOCKING:
        site = report.one(call, function=function)
        report.demand_place(site, SERVICE, function, text)
        demand(any(group["name"] == library and site["id"] in group["sites"]
                   for group in report.process["groups"]["library"]), f"{call} is not {library}'s")
        sites.append(site)
    return sites


def demand_hub(report):
    demand([loop["runtime"] for loop in report.process["loops"]] == ["eventlet"], "no hub, or more")
    loop = report.process["loops"][0]
    demand(loop["file"].endswith("eventlet/hubs/hub.py"), f'the hub waits in {loop["file"]}')
    demand(loop["stall_ns"] >= 0.8 * loop["observed_ns"], "the hub was hardly blocked")
    for site, (*_, why) in zip(sites_of(report), BLOCKING):
        demand(site["on_loop"] and site["stall_ns"], f'{site["call"]} has no part in the stalls')
        if site["call"] == "fsync" and site["stall_ns"] < 0.1 * loop["stall_ns"]:
            continue  # a quick disk
        demand(site["not_patched_because"] == why, f'why not: {site["not_patched_because"]}')
        demand(site["advice"]["verdict"] == "offload", f'{site["call"]}: {site["advice"]["verdict"]}')
    wrong = [site["call"] for site in report.sites if "libmariadb" in (site["via"] or "")
             and site["advice"]["verdict"] == "cooperative"]
    demand(not wrong, f"libmariadb's {wrong} are called cooperative")


def demand_text(report):
    """Page one has it in this order: the hub, the libraries, the lines, the mean request."""
    wanted = [r"Eventlet \d+\.\S+ hub", r"HUB main \(epoll_wait, eventlet/hubs/hub\.py:\d+\)"]
    rows = BLOCKING[:2]  # what a quick disk takes may be too little for one
    wanted += [rf"\n{library} " for _, _, _, library, _ in rows]
    for _, _, text, _, why in rows:
        wanted += [f"service.py:{line_of(SERVICE, text)}", re.escape(why[:20])]
    wanted += [r"\nREQUEST \(eventlet\.wsgi > service\.py app\)", r"dns [\d.]+ ms \| libmariadb\.so\.3 "]
    place = 0
    for pattern in wanted:
        found = re.search(pattern, report.text[place:])
        demand(found, f"the page has no {pattern}, or not there:\n{report.text}")
        place += found.start()


def demand_spawn(report):
    """The unit that teams track: the green threads that serve requests, as many as there are clients."""
    points = [one for one in report.process["spawns"]
              if one["function"] == "Server.process_request"]
    demand(len(points) == 1, "no spawn point is Server.process_request")
    peak = points[0]["peak_at_least"]
    demand(peak in (CLIENTS, CLIENTS + 1), f"its peak is {peak}")  # one more while one ends
    demand(1 < points[0]["in_flight_peak"] <= peak, f'{points[0]["in_flight_peak"]} were in flight')


def backends(runner, *_):
    """The same service on both backends, side by side; `shunt diff` pairs their sites."""
    servers.program("mariadb-server", "/usr/sbin/mariadbd", "mariadbd")
    if all(subprocess.run(["unshare", way, "true"], stderr=subprocess.DEVNULL, check=False).returncode
           for way in ("-mn", "-rmn")):
        raise servers.Missing("a network of its own, where names are slow, is not to be had")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        green, threads = pool.map(lambda backend: serve(runner, backend), ("eventlet", "threads"))
    report = Report(runner.shunt, green.trace)
    demand_hub(report)
    demand_text(report)
    demand_spawn(report)
    other = Report(runner.shunt, threads.trace)
    demand([site["id"] for site in sites_of(report)] == [site["id"] for site in sites_of(other)],
           "the ids of the two backends differ")
    return None


SERVERS = ()
MODULES = ("eventlet", "MySQLdb")
SCENARIOS = (backends,)
