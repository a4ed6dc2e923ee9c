# SPDX-License-Identifier: MIT
"""Database drivers and other libraries under Eventlet, against real servers: which block the hub and
which yield, bare and observed alike, and what the report says of them."""
import servers
from runs import demand, demand_blocked, demand_cooperative

THREADS = 4
SHARE = 0.95  # of the time that the servers slept; clocks and rounding may take the rest


def demand_waits(site, calls, seconds, port):
    """The site's longest calls are the waits for the server, and that is its target."""
    demand(site["target"] == f"tcp:127.0.0.1:{port}", f'the targets are {site["targets"]}')
    demand(site["max_ns"] >= SHARE * seconds * 1e9, f'the longest wait was {site["max_ns"]} ns')
    demand(site["total_ns"] >= calls * SHARE * seconds * 1e9, f'in all {site["total_ns"]} ns')
    demand(not site["interrupted"], f'{site["interrupted"]} calls were interrupted')


def demand_library(report, site, package, library):
    """The site's calls go through that package and library, and the sums by library say so."""
    demand(package in site["via"] and library in site["via"], f'it goes via {site["via"]}')
    found = [group for group in report.process["groups"]["library"]
             if group["name"] == library and site["id"] in group["sites"]]
    demand(found, f'{library} is not among the libraries of {site["call"]}')
    demand(library in report.page("--by", "library"), f"the page by library has no {library}")


def demand_not_cooperative(report, library):
    """A library that says EAGAIN to itself and polls in place lets nobody else run."""
    wrong = [(site["call"], site["function"], site["pending"]) for site in report.sites
             if library in (site["via"] or "") and site["advice"]["verdict"] == "cooperative"]
    demand(not wrong, f"called cooperative: {wrong}")


def demand_reason(site, words):
    """Why no green thread runs meanwhile."""
    demand(words in (site["not_patched_because"] or ""), f'because {site["not_patched_because"]}')


def demand_driver_blocks(runner, port, seconds, program, argument, call, library, reason):
    """A driver in C, whose library waits on the hub's thread. The calls' site is that function of the
    program which names it: `call` is (names, function, text of the line), `library` (package, name)."""
    names, function, line = call
    bare, observed = runner.pair(program, argument, port, seconds)
    demand_blocked(bare, observed, SHARE * seconds)
    report = runner.report(observed)
    site = report.one(names, function=function)
    report.demand_place(site, program, function, line)
    demand_waits(site, THREADS, seconds, port)
    demand_library(report, site, *library)
    if reason:
        demand_reason(site, reason)
        demand_not_cooperative(report, library[1])
    return bare, observed


def mysqldb(runner, up, seconds):
    """1: MySQLdb, default patching. The C library polls on the hub's thread."""
    return demand_driver_blocks(runner, up[servers.MariaDB].port, seconds, "mysql.py", "MySQLdb",
                                ("poll", "query", "cursor.execute"),
                                ("MySQLdb/", "libmariadb.so.3"),
                                "MySQLdb is not patched (default)")


def psycopg2_unpatched(runner, up, seconds):
    """2: psycopg2 with psycopg=False blocks as MySQLdb does."""
    return demand_driver_blocks(runner, up[servers.PostgreSQL].port, seconds, "postgresql.py",
                                False, ("poll", "query", "cursor.execute"), ("", "libpq.so.5"),
                                "psycopg2 has no wait callback")


def psycopg2_patched(runner, up, seconds):
    """2: psycopg2 with psycopg=True yields: no call of its own waits for the server."""
    bare, observed = runner.pair("postgresql.py", True, up[servers.PostgreSQL].port, seconds)
    demand_cooperative(bare, observed)
    demand_nobody_waits(runner.report(observed), seconds)
    return bare, observed


def pymysql(runner, up, seconds):
    """12: PyMySQL, on patched sockets, yields."""
    bare, observed = runner.pair("mysql.py", "pymysql", up[servers.MariaDB].port, seconds)
    demand_cooperative(bare, observed)
    demand_nobody_waits(runner.report(observed), seconds)
    demand_in_plan(runner.report(observed, "--goal", "threads"), "mysql.py", "query", "cursor.execute")
    return bare, observed


def hiredis(runner, up, seconds):
    """A C client of redis blocks: it reads from a blocking socket."""
    return demand_driver_blocks(runner, up[servers.Redis].port, seconds, "redis_client.py",
                                "hiredis", ("read|recv", "Hiredis.blpop",
                                            "self.library.redisCommand("),
                                ("", "libhiredis.so.0.14"), None)


def redis(runner, up, seconds):
    """A Python client of redis yields."""
    bare, observed = runner.pair("redis_client.py", "redis", up[servers.Redis].port, seconds)
    demand_cooperative(bare, observed)
    demand_nobody_waits(runner.report(observed), seconds)
    demand_in_plan(runner.report(observed, "--goal", "threads"), "redis_client.py", "pop",
                   "connection.blpop(")
    return bare, observed


def demand_nobody_waits(report, seconds):
    """No call but the hub's own wait takes as long as the server."""
    slow = [site for site in report.sites if site["max_ns"] >= SHARE * seconds * 1e9
            and site["noise"] != "idle"]
    demand(not slow, f'{[(site["call"], site["function"]) for site in slow]} waited for the server')
    demand(len(report.process["loops"]) == 1, "the hub is not the only loop")


def demand_in_plan(report, program, function, text):
    """On threads each of the green threads would wait in a recv of its own at the same time."""
    site = report.one("recv(from)?", function=function)
    report.demand_place(site, program, function, text)
    demand(site["id"] in report.process["plan"]["sites"], "it is not in the plan")
    demand(site["advice"]["verdict"] == "cooperative", f'the verdict is {site["advice"]["verdict"]}')
    peak = site["pending"]["peak_at_least"], site["pending"]["peak_at_most"]
    demand(peak == (THREADS, THREADS), f"its peak is {peak}")


def drift(runner, up, seconds):
    """9: a FixedIntervalLoopingCall whose function outlasts its interval, for a driver blocks."""
    port, runs, interval = up[servers.MariaDB].port, 5, seconds / 2
    bare, observed = runner.pair("drift.py", port, interval, seconds, runs)
    demand(bare.said["values"] == ["done", [True] * (runs - 1)], f'late: {bare.said["values"]}')
    demand_blocked(bare, observed, SHARE * seconds)
    report = runner.report(observed)
    site = report.one("poll", function="Sync.query")
    report.demand_place(site, "drift.py", "Sync.query", "cursor.execute")
    demand_waits(site, runs, seconds, port)
    return bare, observed


SERVERS = (servers.MariaDB, servers.PostgreSQL, servers.Redis)
MODULES = ("eventlet", "MySQLdb", "psycopg2", "pymysql", "redis", "oslo_service")
SCENARIOS = (mysqldb, psycopg2_unpatched, psycopg2_patched, pymysql, hiredis, redis, drift)
