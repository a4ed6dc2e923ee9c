/* SPDX-License-Identifier: MIT
 *
 * What one call costs: `calls KIND COUNT` makes COUNT calls in batches and prints the nanoseconds
 * per call of the best batch. scripts/bench runs it bare and under each observer. KIND is
 *
 *   read          one byte from /dev/zero, called from main
 *   read-clocked  the same between two readings of the cycle counter: the floor of any timing
 *   read-deep     the same below a chain of ten functions
 *   echo          a send and a recv of one byte on a socketpair, counted as two calls
 *   echo-clocked, echo-deep
 *   mutex         a lock and an unlock of a free mutex, counted as two calls, in a single thread
 *   mutex-threads the same while there is another thread
 *
 * Compiled without frame pointers.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define BATCH 1000

static int zero;
static int pair[2];
static volatile uint64_t ticks;
static char byte;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

#define INLINE static inline __attribute__((always_inline))

INLINE void plain_read(void)
{
    if (read(zero, &byte, 1) != 1)
        fail("read");
}

INLINE void clocked_read(void)
{
    uint64_t start = __rdtsc();
    ssize_t result = read(zero, &byte, 1);
    ticks += __rdtsc() - start;
    if (result != 1)
        fail("read");
}

INLINE void plain_echo(void)
{
    if (send(pair[0], &byte, 1, 0) != 1 || recv(pair[1], &byte, 1, 0) != 1)
        fail("echo");
}

INLINE void clocked_echo(void)
{
    uint64_t start = __rdtsc();
    ssize_t sent = send(pair[0], &byte, 1, 0);
    ticks += __rdtsc() - start;
    start = __rdtsc();
    ssize_t received = recv(pair[1], &byte, 1, 0);
    ticks += __rdtsc() - start;
    if (sent != 1 || received != 1)
        fail("echo");
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

INLINE void plain_mutex(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void *sleep_on(void *arg)
{
    for (;;)
        pause();
    return arg;
}

/* libc takes shorter ways in a process with one thread. */
static void add_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleep_on, NULL) != 0)
        fail("pthread_create");
}

/* Ten functions between main and the call; the asm keeps each call from becoming a jump. */
#define LINK(kind, n, next)                                \
    static void __attribute__((noinline)) kind##_##n(void) \
    {                                                      \
        next();                                            \
        __asm__ volatile("");                              \
    }
#define CHAIN(kind)              \
    LINK(kind, 10, plain_##kind) \
    LINK(kind, 9, kind##_10)     \
    LINK(kind, 8, kind##_9)      \
    LINK(kind, 7, kind##_8)      \
    LINK(kind, 6, kind##_7)      \
    LINK(kind, 5, kind##_6)      \
    LINK(kind, 4, kind##_5)      \
    LINK(kind, 3, kind##_4)      \
    LINK(kind, 2, kind##_3)      \
    LINK(kind, 1, kind##_2)
CHAIN(read)
CHAIN(echo)
#undef CHAIN
#undef LINK

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Inlined into main, so that the chain of a plain call is main alone. */
INLINE double best_batch(void (*one)(void), int calls, long count)
{
    double best = 1e18;
    for (long done = 0; done < count; done += BATCH) {
        double start = now_ns();
        for (int i = 0; i < BATCH; i += calls)
            one();
        double each = (now_ns() - start) / BATCH;
        if (each < best)
            best = each;
    }
    return best;
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? atol(argv[2]) : 0;
    const char *kind = argc > 1 ? argv[1] : "";
    double best = 0;
    zero = open("/dev/zero", O_RDONLY);
    if (zero < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        fail("setup");
    if (!strcmp(kind, "read"))
        best = best_batch(plain_read, 1, count);
    else if (!strcmp(kind, "read-clocked"))
        best = best_batch(clocked_read, 1, count);
    else if (!strcmp(kind, "read-deep"))
        best = best_batch(read_1, 1, count);
    else if (!strcmp(kind, "echo"))
        best = best_batch(plain_echo, 2, count);
    else if (!strcmp(kind, "echo-clocked"))
        best = best_batch(clocked_echo, 2, count);
    else if (!strcmp(kind, "echo-deep"))
        best = best_batch(echo_1, 2, count);
    else if (!strcmp(kind, "mutex"))
        best = best_batch(plain_mutex, 2, count);
    else if (!strcmp(kind, "mutex-threads")) {
        add_thread();
        best = best_batch(plain_mutex, 2, count);
    }
    if (best == 0 || best == 1e18) {
        fprintf(stderr, "usage: calls KIND COUNT\n");
        return 2;
    }
    printf("%.2f\n", best);
    return 0;
}
