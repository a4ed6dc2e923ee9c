# SPDX-License-Identifier: MIT
"""service.py PORT: workers that ask a cache over a socket and call a C library that waits. On Eventlet,
or with SERVICE_THREADS=1 on native threads: one source, as a team has it that leaves the one for the
other."""
import os
import sys

if os.environ.get("SERVICE_THREADS") != "1":
    import eventlet
    eventlet.monkey_patch()

import ctypes  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402

WORKERS, ROUNDS = 4, 20
usleep = ctypes.CDLL(None).usleep


class Cache:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def get(self, key):
        self.socket.sendall(key)
        return self.socket.recv(64)  # LINE get


def bill():
    usleep(2000)  # LINE bill


def work(port, answers):
    cache = Cache(port)
    for _ in range(ROUNDS):
        answers.append(cache.get(b"key"))
        bill()


def main():
    answers = []
    workers = [threading.Thread(target=work, args=(int(sys.argv[1]), answers))
               for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(len(answers), set(answers))


main()
