# SPDX-License-Identifier: MIT
"""load.py PORT CLIENTS SECONDS: so many clients ask one after the other, each on a connection of its
own; says how many answers came, and how long one took. Exit status 1 if one was not 200."""
import http.client
import statistics
import sys
import threading
import time

PORT, CLIENTS, SECONDS = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
answers, wrong, took = [], [], []


def ask(until):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    while time.monotonic() < until:
        asked = time.monotonic()
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        took.append(1000 * (time.monotonic() - asked))
        (answers if response.status == 200 else wrong).append(response.status)


began = time.monotonic()
threads = [threading.Thread(target=ask, args=(began + SECONDS,)) for _ in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{len(answers)} requests by {CLIENTS} clients, "
      f"{len(answers) / (time.monotonic() - began):.0f} a second; one took "
      f"{statistics.median(took or [0]):.0f} ms, at most {max(took or [0]):.0f} ms")
sys.exit(bool(wrong) or not answers)
