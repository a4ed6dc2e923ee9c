# SPDX-License-Identifier: MIT
"""Green threads of a hub: calls between switches, patched and not.

    green.py FILE eventlet|gevent
"""
import importlib
import sys

runtime = sys.argv[2]
if runtime == "eventlet":
    import eventlet
    eventlet.monkey_patch()
    spawn, sleep = eventlet.spawn, eventlet.sleep
    wait = eventlet.greenthread.GreenThread.wait
else:
    import gevent
    from gevent import monkey
    monkey.patch_all()
    spawn, sleep = gevent.spawn, gevent.sleep
    wait = gevent.Greenlet.get

import queue
import socket
import threading

from noted import ZERO, free, made, note, save


def deep(depth, number):
    if depth:
        return deep(depth - 1, number)
    for _ in range(5):
        note(), free(ZERO, 1, 0)
        sleep(0.001 if number % 3 else 0)
        note(), free(ZERO, 1, 0)


def talk(number):
    left, right = socket.socketpair()
    answer = spawn(lambda: (right.recv(10), note(), free(ZERO, 1, 0), right.send(b"yes")))
    sleep(0)
    note(), free(ZERO, 1, 0)
    left.send(b"question")
    left.recv(10)
    note(), free(ZERO, 1, 0)
    wait(answer)
    left.close()
    right.close()


def generator(number):
    for i in range(number):
        note(), free(ZERO, 1, 0)
        yield i
        sleep(0)


def work(number):
    deep(number % 7, number)
    talk(number)
    for _ in generator(number % 4):
        note(), free(ZERO, 1, 0)


def main():
    waiting = queue.Queue()
    for one in [spawn(work, number) for number in range(100)]:
        wait(one)
    thread = threading.Thread(target=lambda: waiting.put(work(3)))
    thread.start()
    thread.join()
    save(sys.argv[1])
    print(made())


main()
