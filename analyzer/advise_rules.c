/* SPDX-License-Identifier: MIT
 *
 * See advise_rules.h. Sources: man-pages 6.03 for what calls wait for; Linux's dup_mmap
 * (kernel/fork.c), which holds the lock of the whole address space; redis.conf of redis 7.0
 * (appendfsync, save) and redis's page on latency (fork, huge pages); nginx's documentation of
 * ngx_http_core_module (aio, sendfile).
 */
#include "advise_rules.h"

#include <string.h>

static const struct advise_runtime runtimes[] = {
    {"eventlet", "Eventlet", ON_GREEN, "eventlet.tpool.execute()", "eventlet.sleep()"},
    {"gevent", "gevent", ON_GREEN, "gevent.get_hub().threadpool.apply()", "gevent.sleep()"},
    {"asyncio", "asyncio", ON_ASYNCIO, "asyncio.to_thread()", "asyncio.sleep()"},
};

const struct advise_runtime *advise_runtime_of(const char *package)
{
    for (size_t i = 0; package && i < sizeof runtimes / sizeof *runtimes; i++)
        if (strcmp(runtimes[i].package, package) == 0)
            return &runtimes[i];
    return NULL;
}

bool advise_forks(const char *call)
{
    return strcmp(call, "fork") == 0 || strcmp(call, "_Fork") == 0 || strcmp(call, "forkpty") == 0;
}

#define FORK_WORK                                                                        \
    "fork from a small helper process, or posix_spawn what is to run; keep less memory " \
    "resident; transparent huge pages off: what is written later is copied, too"

#define BY_READINESS "readiness, 0 workers"
#define BY_WORKER    "a worker at a time"

const struct advise_rule advise_rules[] = {
    /* ---- what the standard library does for itself ---- */
    {.place = PLACE_ANY,
     .blocks = BLOCKS_DATA,
     .waits = LIBRARY_WAKE,
     .verdict = VERDICT_FINE,
     .headline =
         "asyncio's own: another thread or a signal wakes its loop. It goes with the loop."},
    {.goal = FOR_THREADS,
     .place = PLACE_ANY,
     .blocks = BLOCKS_LOCK,
     .waits = LIBRARY_WORKERS_FUTURE,
     .verdict = VERDICT_CHANGE,
     .headline = "A pool's worker waits for a future: in one pool, all can wait and none is left.",
     .source = "another pool for what is waited for, or go on in the future's callback",
     .effort = 3},
    {.goal = FOR_THREADS,
     .place = PLACE_ANY,
     .blocks = BLOCKS_LOCK,
     .waits = LIBRARY_FUTURE,
     .verdict = VERDICT_FINE,
     .headline = "It waits for a pool's worker: on a thread of its own it holds up nobody else."},

    /* ---- goal threads: what yields today will block, what blocks today is ordinary ---- */
    {.goal = FOR_THREADS,
     .place = PLACE_RUNTIME,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "The green runtime's own: it goes with the runtime."},
    {.goal = FOR_THREADS,
     .place = PLACE_STALL,
     .forks = true,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_CHANGE,
     .headline = "While fork() copies page tables no thread gets memory; the child has one thread.",
     .source = FORK_WORK,
     .effort = 5},
    {.goal = FOR_THREADS,
     .place = PLACE_ANY,
     .unbounded = true,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_CHANGE,
     .headline = "It has no time limit, and a thread cannot be killed: a silent peer keeps it.",
     .source = "set a time limit: the socket's, or the library's connect and read timeouts",
     .effort = 2},
    {.goal = FOR_THREADS,
     .place = PLACE_PENDING,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_COOPERATIVE,
     .headline = "It yields today. On threads it blocks: a thread is occupied while it waits.",
     .source = "count it into the size of its pool; review state that nobody else touched before",
     .effort = 1},
    {.goal = FOR_THREADS,
     .place = PLACE_STALL,
     .blocks = BLOCKS_LOCK,
     .verdict = VERDICT_FINE,
     .headline = "It holds up the loop today. On threads the lock is waited for in earnest."},
    {.goal = FOR_THREADS,
     .place = PLACE_STALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "It holds up the loop today. On a thread of its own it holds up nobody else."},

    /* ---- goal unblock, where other green threads could run meanwhile ---- */
    {.goal = FOR_UNBLOCK,
     .place = PLACE_RUNTIME,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "The green runtime's own, and in no stall worth a word."},
    {.goal = FOR_UNBLOCK,
     .place = PLACE_PENDING,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_COOPERATIVE,
     .headline = "It yields where it would block: others are served meanwhile."},
    {.place = PLACE_STALL,
     .forks = true,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_CHANGE,
     .headline =
         "fork() copies the page tables of all resident memory: nobody is served meanwhile.",
     .source = FORK_WORK,
     .effort = 5},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_TIMER,
     .verdict = VERDICT_CHANGE,
     .headline = "A sleep that is not patched: no green thread runs meanwhile.",
     .source = "{sleep}, or monkey-patch time before it is imported",
     .green = "a timer of the hub",
     .effort = 1},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_NAME,
     .verdict = VERDICT_OFFLOAD,
     .headline = "A name is looked up in C, and no green thread runs meanwhile.",
     .source = "a resolver that yields (Eventlet: greendns with dnspython), or {offload}",
     .green = BY_WORKER,
     .worker = true,
     .effort = 2},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_READY,
     .verdict = VERDICT_OFFLOAD,
     .headline = "C code waits for its own descriptors, and no green thread runs meanwhile.",
     .source = "a driver in pure Python, which yields, or {offload}",
     .green = BY_READINESS,
     .effort = 2},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_DATA,
     .target = "file:",
     .verdict = VERDICT_OFFLOAD,
     .headline = "It waits for the disk, and no green thread runs meanwhile.",
     .source = "{offload}",
     .green = BY_WORKER,
     .worker = true,
     .effort = 2},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_DISK,
     .verdict = VERDICT_OFFLOAD,
     .headline = "It waits for the disk, and no green thread runs meanwhile.",
     .source = "{offload}",
     .green = BY_WORKER,
     .worker = true,
     .effort = 2},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_DATA,
     .verdict = VERDICT_OFFLOAD,
     .headline = "It waits for a peer on a descriptor that blocks; no green thread runs meanwhile.",
     .source = "the patched socket or pipe of the runtime, or {offload}",
     .green = BY_READINESS,
     .effort = 2},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_CHILD,
     .verdict = VERDICT_OFFLOAD,
     .headline = "It waits for a child process, and no green thread runs meanwhile.",
     .source = "the runtime's subprocess module, or {offload}",
     .green = BY_WORKER,
     .worker = true,
     .effort = 2},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_LOCK,
     .verdict = VERDICT_CHANGE,
     .headline = "The hub waits for a lock that another thread holds.",
     .source = "a lock of the runtime's, or hold it for a shorter time",
     .effort = 3},
    {.on = ON_GREEN,
     .place = PLACE_STALL,
     .blocks = BLOCKS_CONDITION,
     .verdict = VERDICT_CHANGE,
     .headline = "The hub waits until another thread tells it to go on.",
     .source = "a queue or an event of the runtime's, or {offload}",
     .effort = 3},
    {.on = ON_ASYNCIO,
     .place = PLACE_STALL,
     .blocks = BLOCKS_TIMER,
     .verdict = VERDICT_CHANGE,
     .headline = "A coroutine sleeps without awaiting: no other runs meanwhile.",
     .source = "await {sleep}",
     .effort = 1},
    {.on = ON_ASYNCIO,
     .place = PLACE_STALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_CHANGE,
     .headline = "A coroutine waits without awaiting: no other runs meanwhile.",
     .source = "await {offload}, or a library that awaits",
     .effort = 2},

    /* ---- everywhere ---- */
    {.place = PLACE_THREAD,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "It holds up its own thread only, and no loop runs there."},
    {.place = PLACE_NO_STALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "It runs on a loop and never took part in a stall."},
    {.place = PLACE_SMALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "Fine for now: under 1% of what the loop could not do."},
    {.place = PLACE_CALM,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "Fine for now: its loop is stalled for under 1% of the time, never for 10 ms."},
    {.place = PLACE_SHORT,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "Its calls hardly ever wait: what adds up is the work they do."},

    {.place = PLACE_STALL,
     .blocks = BLOCKS_READY,
     .verdict = VERDICT_CHANGE,
     .headline = "A callback waits for readiness: nobody else is served meanwhile.",
     .source = "register the fd with the loop, go on in its callback",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_TIMER,
     .verdict = VERDICT_CHANGE,
     .headline = "A callback sleeps: nobody else is served meanwhile.",
     .source = "use a timer of the loop instead of sleeping",
     .effort = 2},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_NAME,
     .verdict = VERDICT_CHANGE,
     .headline = "A name is looked up on the loop: a slow server stops everybody.",
     .source = "look it up in a thread, or with an asynchronous resolver",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_CHILD,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for a child process.",
     .source = "let SIGCHLD or a pidfd wake the loop, then wait with WNOHANG",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_LOCK,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for a lock that somebody else holds.",
     .source = "try without waiting and come back later, or lock in a thread",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_CONDITION,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits until another thread tells it to go on.",
     .source = "let that thread wake the loop: an eventfd, a pipe",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_DISK,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for the disk. No route mends this safely.",
     .source = "do it in a thread; go on when it is done",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_DATA,
     .target = "file:",
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for the disk: a file is never \"not ready\".",
     .source = "read or write it in a thread; go on when it is done",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_DATA,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for a peer inside a callback.",
     .source = "make the fd non-blocking, let the loop wait for it",
     .effort = 5},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_UNKNOWN,
     .headline = "It stalls the loop, though this call is not known to wait for anything."},
};
const unsigned advise_rule_count = sizeof advise_rules / sizeof *advise_rules;

#define REDIS_ROW(program_)                                                          \
    {                                                                                \
        .program = program_, .call = "fdatasync", .function = "flushAppendOnlyFile", \
        .target = ".aof", .setting = "appendfsync everysec",                         \
        .cost = "may lose about 1 s of writes in a crash",                           \
        .why = "known: with appendfsync always, replies leave only after this sync", \
        .source = "hold the replies, sync in a thread, then answer"                  \
    }

#define REDIS_FORK_ROW(program_)                                                              \
    {                                                                                         \
        .program = program_, .call = "fork", .function = "redisFork",                         \
        .setting = "save \"\", and dump on a replica",                                        \
        .cost = "a crash loses what was not appended to the AOF, or all since the last dump", \
        .why = "known: BGSAVE and BGREWRITEAOF fork, by themselves if \"save\" says so"       \
    }

const struct advise_setting advise_settings[] = {
    REDIS_ROW("redis-server"),
    REDIS_ROW("valkey-server"),
    REDIS_FORK_ROW("redis-server"),
    REDIS_FORK_ROW("valkey-server"),
    {.program = "nginx",
     .call = "pread",
     .target = "",
     .setting = "aio threads",
     .cost = "reads of files go to nginx's own thread pool",
     .why = "known: nginx reads files on its loop unless aio is set"},
    {.program = "nginx",
     .call = "sendfile",
     .target = "",
     .setting = "aio threads",
     .cost = "sending of files goes to nginx's own thread pool",
     .why = "known: nginx sends files on its loop unless aio is set"},
};
const unsigned advise_setting_count = sizeof advise_settings / sizeof *advise_settings;
