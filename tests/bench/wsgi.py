# SPDX-License-Identifier: MIT
"""wsgi.py PORT: an Eventlet WSGI server that does nothing slow: what a call costs shows at its most."""
import sys

import eventlet
import eventlet.wsgi

eventlet.monkey_patch()


def app(_, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\n"]


eventlet.wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app, log_output=False)
