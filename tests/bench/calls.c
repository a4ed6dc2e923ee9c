/* SPDX-License-Identifier: MIT
 *
 * What one call costs: `calls KIND COUNT` makes COUNT calls in batches and prints the nanoseconds
 * per call of the best batch. scripts/bench runs it bare and under each observer. KIND is
 *
 *   read          one byte from /dev/zero, called from one place
 *   read-clocked  the same between two readings of the cycle counter: the floor of any timing
 *   read-deep     the same at the end of a chain of ten functions
 *   echo          a send and a recv of one byte on a socketpair, counted as two calls
 *   echo-clocked, echo-deep
 *
 * Compiled without frame pointers.
 */
#include <fcntl.h>
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

static void __attribute__((noinline)) plain_read(void)
{
    if (read(zero, &byte, 1) != 1)
        fail("read");
}

static void __attribute__((noinline)) clocked_read(void)
{
    uint64_t start = __rdtsc();
    ssize_t result = read(zero, &byte, 1);
    ticks += __rdtsc() - start;
    if (result != 1)
        fail("read");
}

static void __attribute__((noinline)) plain_echo(void)
{
    if (send(pair[0], &byte, 1, 0) != 1 || recv(pair[1], &byte, 1, 0) != 1)
        fail("echo");
}

static void __attribute__((noinline)) clocked_echo(void)
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

/* Ten frames; the asm keeps each call from becoming a jump. */
#define LINK(name, next)                                           \
    static void __attribute__((noinline)) name(void (*leaf)(void)) \
    {                                                              \
        next(leaf);                                                \
        __asm__ volatile("");                                      \
    }

static void __attribute__((noinline)) link_9(void (*leaf)(void))
{
    leaf();
    __asm__ volatile("");
}
LINK(link_8, link_9)
LINK(link_7, link_8)
LINK(link_6, link_7)
LINK(link_5, link_6)
LINK(link_4, link_5)
LINK(link_3, link_4)
LINK(link_2, link_3)
LINK(link_1, link_2)
#undef LINK

static void deep_read(void)
{
    link_1(plain_read);
}

static void deep_echo(void)
{
    link_1(plain_echo);
}

static const struct kind {
    const char *name;
    void (*run)(void);
    int calls;
} kinds[] = {
    {"read", plain_read, 1}, {"read-clocked", clocked_read, 1}, {"read-deep", deep_read, 1},
    {"echo", plain_echo, 2}, {"echo-clocked", clocked_echo, 2}, {"echo-deep", deep_echo, 2},
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double best_batch(const struct kind *kind, long count)
{
    double best = 1e18;
    for (long done = 0; done < count; done += BATCH) {
        double start = now_ns();
        for (int i = 0; i < BATCH; i += kind->calls)
            kind->run();
        double each = (now_ns() - start) / BATCH;
        if (each < best)
            best = each;
    }
    return best;
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? atol(argv[2]) : 0;
    zero = open("/dev/zero", O_RDONLY);
    if (zero < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        fail("setup");
    for (unsigned i = 0; count > 0 && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, argv[1]) != 0)
            continue;
        printf("%.2f\n", best_batch(&kinds[i], count));
        return 0;
    }
    fprintf(stderr, "usage: calls KIND COUNT\n");
    return 2;
}
