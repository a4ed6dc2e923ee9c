/* SPDX-License-Identifier: MIT
 *
 * The pool under many threads at once, and under one that goes from CPU to CPU: calls are handed to
 * workers and come back, while idle workers are told to leave. Checks results and errno, and that
 * every worker is idle or gone in the end; ThreadSanitizer checks the rest.
 */
#include "clock.h"
#include "guard.h"
#include "handoff.h"
#include "moved.h"
#include "pool.h"
#include "route.h"
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 600, SHEDS = 40 };

static unsigned wrong, moved;
static int file = -1;

static void expect(int condition, const char *what)
{
    if (!condition && !__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED))
        fprintf(stderr, "pool_race_test: %s\n", what);
}

static void note_route(void)
{
    if (handoff_self.outcome.route == TRACE_ROUTE_POOL)
        __atomic_fetch_add(&moved, 1, __ATOMIC_RELAXED);
}

static void make_calls_at(struct visit *visit, unsigned at)
{
    char byte = 0;
    errno = 77;
    ssize_t got = moved_pread(visit, real_calls.pread, file, &byte, 1, (off_t)at);
    note_route();
    expect(got == 1 && (unsigned char)byte == at && errno == 77, "a read went wrong");
    got = moved_pread(visit, real_calls.pread, -1, &byte, 1, 0);
    expect(got == -1 && errno == EBADF, "a failure went wrong");
}

/* Until the first of all calls has made the pools, the others run in place. */
static void *make_calls(void *data)
{
    struct visit visit = {.frame = (uintptr_t)__builtin_frame_address(0)};
    unsigned seed = (unsigned)(uintptr_t)data;
    while (!pool_is_current())
        make_calls_at(&visit, seed);
    for (unsigned i = 0; i < ROUNDS; i++)
        make_calls_at(&visit, (seed * 31 + i) % 256);
    return NULL;
}

/* Each worker is idle, and goes. */
static void let_all_go(void)
{
    while (pool_workers() > 0) {
        pool_shed(1);
        usleep(1000);
    }
}

/* A worker that is idle is taken, wherever it ran last and its caller is now. */
static void move_about(void)
{
    struct visit visit = {.frame = (uintptr_t)__builtin_frame_address(0)};
    cpu_set_t all, one;
    sched_getaffinity(0, sizeof all, &all);
    make_calls_at(&visit, 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            expect(sched_setaffinity(0, sizeof one, &one) == 0, "no such CPU");
            make_calls_at(&visit, (unsigned)cpu % 256);
            expect(pool_workers() == 1, "the pool grew while a worker was idle");
        }
    sched_setaffinity(0, sizeof all, &all);
}

static void *shed(void *data)
{
    for (int i = 0; i < SHEDS; i++) {
        pool_shed(i % 2);
        usleep(500);
    }
    return data;
}

/* A trace, everything routed, and threads that ThreadSanitizer knows of. */
static void prepare(const char *directory)
{
    struct trace_clock first;
    real_resolve();
    real_calls.pthread_create = pthread_create;
    clock_start(&first);
    expect(trace_open(directory, "race", getpid(), 1 << 20) == 0, "no trace");
    clock_calibrate(&first);
    setenv("SHUNT_ROUTE", "pool", 1);
    route_read();
    expect(pool_start() == 0 && handoff_start() == 0, "no pool");
}

int main(void)
{
    char directory[] = "/tmp/shunt-pool-race.XXXXXX", path[64];
    pthread_t thread[THREADS], shedder;
    expect(mkdtemp(directory) != NULL, "no directory");
    prepare(directory);
    snprintf(path, sizeof path, "%s/bytes", directory);
    file = open(path, O_CREAT | O_RDWR, 0600);
    for (unsigned i = 0; i < 256; i++)
        expect(write(file, &(unsigned char){(unsigned char)i}, 1) == 1, "no file");
    pthread_create(&shedder, NULL, shed, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, make_calls, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    pthread_join(shedder, NULL);
    expect(moved >= THREADS * ROUNDS / 2, "too few calls were moved");
    expect(pool_waiting() == 0, "somebody waits");
    let_all_go();
    move_about();
    let_all_go();
    char remove[96];
    snprintf(remove, sizeof remove, "rm -r %s", directory);
    expect(system(remove) == 0, "the directory stays");
    return wrong != 0;
}
