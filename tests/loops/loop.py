# SPDX-License-Identifier: MIT
# Python's loops: loop.py SELECTOR HOW, SELECTOR one of select, poll, epoll (of selectors), asyncio.
# HOW a turn stalls: sleep, or poll (of a descriptor that stays silent, deep in calls).
import asyncio, os, select, selectors, sys, threading, time

TURNS, STALL = 60, 0.040
work, done, silent = os.pipe(), os.pipe(), os.pipe()


def feeder():
    ahead = 0
    for i in range(1, TURNS + 1):
        os.write(work[1], b"L" if i == TURNS else b"S" if i % 10 == 5 else b"P")
        ahead += 1
        if i % 20 == 5:
            continue
        while ahead:
            ahead -= len(os.read(done[0], ahead))
        time.sleep(0.003)


def deep(left):
    if left:
        return list(map(deep, [left - 1]))  # through C, for each has frames of its own there
    waiter = select.poll()
    waiter.register(silent[0], select.POLLIN)
    return waiter.poll(STALL * 1000)


def take():
    byte = os.read(work[0], 1)
    if byte == b"S":
        if sys.argv[2] == "poll":
            deep(10)
        else:
            time.sleep(STALL)
    os.write(done[1], b"D")
    return byte != b"L"


def with_selector(kind):
    selector = kind()
    selector.register(work[0], selectors.EVENT_READ)
    threading.Thread(target=feeder, daemon=True).start()
    while selector.select():
        if not take():
            break


def with_asyncio():
    loop = asyncio.new_event_loop()
    loop.add_reader(work[0], lambda: take() or loop.stop())
    threading.Thread(target=feeder, daemon=True).start()
    loop.run_forever()


if sys.argv[1] == "asyncio":
    with_asyncio()
else:
    with_selector({"select": selectors.SelectSelector, "poll": selectors.PollSelector,
                   "epoll": selectors.EpollSelector}[sys.argv[1]])
