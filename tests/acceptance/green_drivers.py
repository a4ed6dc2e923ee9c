# SPDX-License-Identifier: MIT
"""Database drivers in C under Eventlet and gevent, with their waits routed to green: no longer blocks
one call the others, results and errors are as bare, and the report counts what was moved and why the
rest was not."""
import servers
from runs import demand, demand_blocked, demand_freed

SHARE = 0.95
SLACK = 0.1 / 1.5  # of the time that one call takes


def demand_moved(report, rule, least):
    """So many calls of the rule went green."""
    rules = [one for one in report.process["policy"]["rules"] if one["id"] == rule]
    demand(rules and rules[0]["moved"] >= least, f"rule {rule}: {rules}")
    return rules[0]


def sleeps(runner, seconds, rule, *words, threads=4, hub="eventlet", most=None):
    """Bare they take turns, green they wait together (`most`: seconds in all)."""
    bare, observed, green = runner.three(*words, seconds, threads, HUB=hub)
    demand_blocked(bare, observed, SHARE * seconds)
    demand(bare.said["together"] == 1, f'bare: {bare.said["together"]} at a time')
    demand_freed(runner, green, threads, most or seconds * (1 + SLACK))
    report = runner.report(green)
    demand_moved(report, rule, threads)
    # polled by the hub itself: no worker
    demand(report.process["routed"]["green"]["ready"] >= threads, str(report.process["routed"]))
    return bare, observed, green


def mysqldb_eventlet(runner, up, seconds):
    """1: MySQLdb, default patching."""
    return sleeps(runner, seconds, "libmariadb", "mysql.py", "MySQLdb", up[servers.MariaDB].port)


def mysqldb_gevent(runner, up, seconds):
    return sleeps(runner, seconds, "libmariadb", "mysql.py", "MySQLdb", up[servers.MariaDB].port,
                  hub="gevent")


def psycopg2_eventlet(runner, up, seconds):
    """2: psycopg2 with psycopg=False."""
    return sleeps(runner, seconds, "libpq", "postgresql.py", False, up[servers.PostgreSQL].port)


def psycopg2_gevent(runner, up, seconds):
    return sleeps(runner, seconds, "libpq", "postgresql.py", False, up[servers.PostgreSQL].port,
                  hub="gevent")


def hiredis(runner, up, seconds):
    """A C client that is on no list, because the policy asks for it."""
    port = up[servers.Redis].port
    bare, observed, green = runner.three("redis_client.py", "hiredis", port, seconds)
    demand_blocked(bare, observed, SHARE * seconds)
    demand_freed(runner, green, 4, seconds * (1 + SLACK))
    demand_moved(runner.report(green), "hiredis", 4)
    return bare, observed, green


def ten_short(runner, up, _):
    """Ten queries of 0.2 s at a time."""
    if not runner.strict:
        return None
    return sleeps(runner, 0.2, "libpq", "postgresql.py", False, up[servers.PostgreSQL].port,
                  threads=10, most=0.22)


def shared(runner, up, seconds):
    """3: one psycopg2 connection, three green threads: libpq takes them one by one, nobody hangs."""
    runs = runner.three("postgresql.py", False, up[servers.PostgreSQL].port, seconds, 3, 1)
    report = runner.report(runs[2])
    kept = report.process["routed"]["in_place"].get("lock_held", 0)
    demand(kept or all(runs[2].said["ticks"]),
           f'neither kept for a lock nor parked: {report.process["routed"]}')
    return runs


def drift(runner, up, seconds):
    """9: the drift of a FixedIntervalLoopingCall stays its own, and the hub turns meanwhile."""
    port, runs, interval = up[servers.MariaDB].port, 3, seconds / 2
    bare, observed, green = runner.three("drift.py", port, interval, seconds, runs)
    demand_blocked(bare, observed, SHARE * seconds)
    demand_freed(runner, green, 1, None)
    demand_moved(runner.report(green), "libmariadb", runs)
    return bare, observed, green


SERVERS = (servers.MariaDB, servers.PostgreSQL, servers.Redis)
MODULES = ("eventlet", "gevent", "MySQLdb", "psycopg2", "oslo_service")
SCENARIOS = (mysqldb_eventlet, mysqldb_gevent, psycopg2_eventlet, psycopg2_gevent, ten_short, hiredis,
             shared, drift)
