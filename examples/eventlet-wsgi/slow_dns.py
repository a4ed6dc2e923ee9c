# SPDX-License-Identifier: MIT
"""slow_dns.py MILLISECONDS: a name server on 127.0.0.1, port 53, for which every name is 127.0.0.1, and
which answers that late. It is meant for a network of its own, whose loopback device it brings up."""
import fcntl
import heapq
import itertools
import select
import socket
import struct
import sys
import time

SET_FLAGS, UP_AND_RUNNING = 0x8914, 1 | 0x40


def loopback_up():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh22x", b"lo", UP_AND_RUNNING))


def answer(query):
    end = query.index(b"\0", 12) + 5
    wants_address = query[end - 4:end - 2] == b"\0\1"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if wants_address else b""
    return (query[:2] + b"\x81\x80\0\1" + bytes([0, len(record) > 0]) + b"\0\0\0\0" + query[12:end]
            + record)


def serve(delay):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    due, order = [], itertools.count()
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        if select.select([server], [], [], wait)[0]:
            query, client = server.recvfrom(512)
            heapq.heappush(due, (time.monotonic() + delay, next(order), query, client))
        while due and due[0][0] <= time.monotonic():
            _, _, query, client = heapq.heappop(due)
            server.sendto(answer(query), client)


loopback_up()
serve(float(sys.argv[1]) / 1000)
