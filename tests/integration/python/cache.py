# SPDX-License-Identifier: MIT
"""Answers each message after 30 ms, on a port that it prints."""
import socket
import threading
import time


def answer(connection):
    while connection.recv(64):
        time.sleep(0.03)
        connection.sendall(b"value")


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
