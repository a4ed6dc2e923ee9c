# SPDX-License-Identifier: MIT
"""The green runtime that HUB names (eventlet, gevent), patched in as its users do, psycopg2 as the
first argument of the program says where it is True or False. MySQLdb stays as it is by default."""
import os
import sys

NAME = os.environ.get("HUB", "eventlet")

if NAME == "eventlet":
    import eventlet
    eventlet.monkey_patch(psycopg=sys.argv[1] == "True")
    spawn, sleep = eventlet.spawn, eventlet.sleep

    def limit(seconds):
        return eventlet.Timeout(seconds, False)
else:
    import gevent
    from gevent import monkey
    monkey.patch_all()
    spawn, sleep = gevent.spawn, gevent.sleep

    def limit(seconds):
        return gevent.Timeout(seconds, False)
