# SPDX-License-Identifier: MIT
"""4: the C resolver against a name server that never answers, in a network of its own: bare the hub
stands still until it gives up, routed to green it turns, and the error is the same."""
import os
import subprocess

import servers
from runs import demand, demand_blocked, demand_freed

THREADS = 3
GIVES_UP = 1  # s, after which the resolver is done with a server, and it asks once


def apart(runner):
    """The words before a command that give it a network and a resolv.conf of its own."""
    path = os.path.join(runner.work, "resolv.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"nameserver 127.0.0.1\noptions timeout:{GIVES_UP} attempts:1\n")
    for how in ("-mn", "-rmn"):
        words = ["unshare", how, "sh", "-c", f'mount --bind {path} /etc/resolv.conf && exec "$@"', "sh"]
        if subprocess.run([*words, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return words
    raise servers.Missing("a network of its own, where nobody answers, is not to be had")


def never_answers(runner, *_):
    bare, observed, green = runner.three("resolver.py", THREADS, before=apart(runner),
                                         EVENTLET_NO_GREENDNS="yes")
    demand(bare.said["values"] == [[-3, "Temporary failure in name resolution"]] * THREADS,
           f'bare it came to {bare.said["values"]}')
    demand_blocked(bare, observed, GIVES_UP)
    demand_freed(runner, green, THREADS, None)
    rules = {rule["id"]: rule["moved"] for rule in runner.report(green).process["policy"]["rules"]}
    demand(rules["resolver"] == THREADS, f"moved were {rules}")
    return bare, observed, green


SERVERS = ()
MODULES = ("eventlet",)
SCENARIOS = (never_answers,)
