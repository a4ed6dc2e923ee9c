# SPDX-License-Identifier: MIT
"""A plain service of sockets, files and DNS, with a few threads that take turns at accept: for every
line of a connection it looks up a name, writes and syncs a file, lists a directory and answers.

service.py serve PORT DIRECTORY     a line "stop" ends it
service.py dns                      a name server on 127.0.0.1 port 53 that answers after 5 ms
service.py load PORT REQUESTS       sends requests over a few connections, then "stop" """
import os
import socket
import sys
import threading
import time

WORKERS = 3


def lookup(request):
    try:
        return len(socket.getaddrinfo(f"host{request % 7}.test", 80))
    except socket.gaierror:
        return 0


def store(directory, request):
    path = os.path.join(directory, f"file.{request % 16}")
    with open(path, "w", encoding="ascii") as file:
        file.write("x" * (100 + request % 1000))
        file.flush()
        os.fsync(file.fileno())
    return len(os.listdir(directory))


def work(listener, directory):
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        with connection, connection.makefile("r") as lines:
            for line in lines:
                if line.strip() == "stop":
                    listener.shutdown(socket.SHUT_RDWR)
                    return
                request = int(line)
                reply = f"{lookup(request)} {store(directory, request)}\n"
                connection.sendall(reply.encode())


def serve(port, directory):
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    threads = [threading.Thread(target=work, args=(listener, directory)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def dns():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, client = server.recvfrom(512)
        time.sleep(0.005)
        end = query.index(b"\0", 12) + 5
        wants_address = query[end - 4:end - 2] == b"\0\1"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if wants_address else b""
        server.sendto(query[:2] + b"\x81\x80\0\1" + bytes([0, len(answer) > 0]) + b"\0\0\0\0" +
                      query[12:end] + answer, client)


def ask(port, requests):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        lines = connection.makefile("r")
        for request in range(requests):
            connection.sendall(f"{request}\n".encode())
            if not lines.readline():
                sys.exit("no answer")


def load(port, requests):
    threads = [threading.Thread(target=ask, args=(int(port), int(requests) // WORKERS))
               for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.sendall(b"stop\n")


{"serve": serve, "dns": dns, "load": load}[sys.argv[1]](*sys.argv[2:])
