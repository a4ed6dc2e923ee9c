# SPDX-License-Identifier: MIT
"""Makes many calls in every shape that Python code takes, and knows the chain of each.

    shapes.py FILE [COUNT]
"""
import contextlib
import ctypes
import functools
import gc
import sys
import threading
import weakref

from noted import HELD, ZERO, expected, free, held, made, note, save


def plain():
    note(), free(ZERO, 1, 0)
    note(HELD), held(ZERO, 1, 0)
    for _ in range(3):
        note(), free(ZERO, 1, 0)
    (None,
     note(), free(ZERO,
                  1, 0))


def recursion(depth):
    if depth:
        return recursion(depth - 1)
    note(), free(ZERO, 1, 0)


def two_ways(depth, bits):
    if not depth:
        note(), free(ZERO, 1, 0)
    elif bits & 1:
        two_ways(depth - 1, bits >> 1)
    else:
        two_ways(depth - 1, bits >> 1)


def inner_generator(n):
    for i in range(n):
        note(), free(ZERO, 1, 0)
        yield i


def outer_generator(n):
    yield from inner_generator(n)
    note(), free(ZERO, 1, 0)


def generators():
    for _ in outer_generator(2):
        note(), free(ZERO, 1, 0)
    half = inner_generator(3)
    next(half)
    recursion(2)
    list(half)
    any((note(), free(ZERO, 1, 0))[1] is None for _ in range(2))


def coroutines():
    import asyncio

    async def leaf():
        await asyncio.sleep(0)
        note(), free(ZERO, 1, 0)

    async def branch(n):
        await leaf()
        note(), free(ZERO, 1, 0)
        async with manager():
            note(), free(ZERO, 1, 0)
        async for _ in numbers(n):
            note(), free(ZERO, 1, 0)

    @contextlib.asynccontextmanager
    async def manager():
        note(), free(ZERO, 1, 0)
        yield

    async def numbers(n):
        for i in range(n):
            note(), free(ZERO, 1, 0)
            yield i

    async def main():
        await asyncio.gather(*(branch(n) for n in range(3)))
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: (note(), free(ZERO, 1, 0)))
        await asyncio.sleep(0)
        await loop.run_in_executor(None, plain)

    asyncio.run(main())


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper


@decorated
@decorated
def ünïcode_名前(x):
    note(), free(ZERO, 1, 0)
    return [(note(), free(ZERO, 1, 0)) for _ in range(x)]


class Meta(type):
    def __new__(mcs, name, bases, body):
        note(), free(ZERO, 1, 0)
        return super().__new__(mcs, name, bases, body)


class Thing:
    def __init__(self):
        self.cycle = self

    def __del__(self):
        note(), free(ZERO, 1, 0)

    def __getattr__(self, name):
        note(), free(ZERO, 1, 0)
        return name

    @property
    def value(self):
        note(), free(ZERO, 1, 0)
        return 1

    def __lt__(self, other):
        note(), free(ZERO, 1, 0)
        return False

    @staticmethod
    def fixed():
        note(), free(ZERO, 1, 0)

    @classmethod
    def of_class(cls):
        def closure():
            note(), free(ZERO, 1, 0)
            return cls
        return closure()


def objects():
    class Made(metaclass=Meta):
        note(), free(ZERO, 1, 0)
    thing = Thing()
    thing.cycle = None
    thing.missing
    thing.value
    sorted([thing, thing])
    Thing.fixed()
    Thing.of_class()
    watched = weakref.ref(Made(), lambda _: (note(), free(ZERO, 1, 0)))
    del thing
    with contextlib.ExitStack() as stack:
        stack.callback(Thing.fixed)
    try:
        {}["missing"]
    except KeyError:
        note(), free(ZERO, 1, 0)
    finally:
        note(), free(ZERO, 1, 0)
    return watched


def from_c():
    sorted([3, 1, 2], key=lambda x: (note(), free(ZERO, 1, 0), x)[2])
    list(map(lambda x: (note(), held and free(ZERO, 1, 0)), range(2)))
    functools.reduce(lambda a, b: (note(), free(ZERO, 1, 0)), range(3))
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    callback = compare(lambda a, b: (note(), free(ZERO, 1, 0), 0)[2])
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    ctypes.CDLL(None).qsort(numbers, 3, 4, callback)
    ctypes.PyDLL(None).qsort(numbers, 3, 4, callback)


def collected():
    gc.collect()
    Thing()
    gc.collect()


def threads():
    def run(n):
        for _ in range(n):
            plain()
            recursion(n)
    them = [threading.Thread(target=run, args=(n,)) for n in (1, 2, 3)]
    for thread in them:
        thread.start()
    for thread in them:
        thread.join()


def thread_of_c():
    """A thread that Python does not know calls back: it gets a state for the while."""
    kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
    body = kind(lambda _: (note(), free(ZERO, 1, 0), None)[2])
    libc = ctypes.CDLL(None)
    thread = ctypes.c_ulong()
    libc.pthread_create(ctypes.byref(thread), None, body, None)
    libc.pthread_join(thread, None)


def churn(count):
    """Code objects that come and go, at each other's addresses, and differ in little."""
    names = dict(note=note, free=free, ZERO=ZERO)
    for i in range(count):
        head = "def function():\n" + "\n" * (i % 5)
        body = " x = 1\n" + "\n" * (i // 5 % 7) + " note(), free(ZERO, 1, 0)\n"
        source = head + body + "\n" * (i % 3) + "function()\n"
        file = ("<churn>", "/a%d/b/__init__.py" % (i % 10), "/c/d%03d.py" % (i % 200))[i % 3]
        exec(compile(source, file, "exec"), dict(names))
    for i in range(count // 4):
        source = "def function():\n note(), free(ZERO, 1, 0)\nfunction()\n"
        exec(compile(source, "/plugin%d/package/handlers.py" % (i % 10), "exec"), dict(names))
    for i in range(count // 4):
        source = "class %s:\n def method(self):\n  note(), free(ZERO, 1, 0)\n%s().method()\n"
        letter = "ABCDEFGHIJ"[i % 10]
        exec(compile(source % (letter, letter), "<churn>", "exec"), dict(names))


def numbered(first, count):
    """Functions that are called so often from one place that the interpreter numbers them; they come and
    go, and get other code."""
    def made_of(i):
        names = dict(note=note, free=free, ZERO=ZERO)
        source = "def function():\n" + "\n" * (i % 7) + " note(), free(ZERO, 1, 0)\n" + "\n" * (i % 3)
        exec(compile(source, "/numbered%d.py" % (i % 4), "exec"), names)
        return names["function"]

    for i in range(first, first + count):
        function = made_of(i)
        for _ in range(20):
            function()
        function.__code__ = made_of(i + 1).__code__
        for _ in range(3):
            function()


def greenlets():
    try:
        import greenlet
    except ImportError:
        return

    def first():
        note(), free(ZERO, 1, 0)
        main.switch()
        note(), free(ZERO, 1, 0)
        recursion(3)

    def second(depth):
        if depth:
            return second(depth - 1)
        note(), free(ZERO, 1, 0)
        one.switch()
        note(), free(ZERO, 1, 0)

    main = greenlet.getcurrent()
    one, two = greenlet.greenlet(first), greenlet.greenlet(second)
    one.switch()
    note(), free(ZERO, 1, 0)
    two.switch(4)
    two.switch()


def call_all(number):
    plain()
    recursion(number % 90)
    two_ways(8, number)
    generators()
    ünïcode_名前(2)
    objects()
    from_c()
    if number % 40 == 0:
        coroutines()
        threads()
        thread_of_c()
        greenlets()
        collected()
    churn(20)
    numbered(number, 2)


def main():
    total = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    number = 0
    while sum(expected.values()) < total:
        call_all(number)
        number += 1
    gc.collect()
    save(sys.argv[1])
    print(made())


main()
