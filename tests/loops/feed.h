/* SPDX-License-Identifier: MIT
 *
 * What the programs in this directory share: their work. Another thread, the feeder, writes one
 * byte for each turn that the loop is to make, and goes on when that byte was dealt with; so the
 * number of turns is known, whatever the machine is doing. Every tenth byte stalls its turn.
 */
#ifndef TESTS_FEED_H
#define TESTS_FEED_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FEED_TURNS    60
#define FEED_STALLS   6 /* every tenth */
#define FEED_HARMFUL  3 /* of these: the next byte is there before the stall ends */
#define FEED_STALL_MS 40

#define FEED_PLAIN 0
#define FEED_STALL 1
#define FEED_LAST  2

static int feed_work[2], feed_done[2], feed_slow[2], feed_silent;
static const char *feed_how = "sleep";
static volatile unsigned feed_sum;

static inline void feed_check(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "wrong: %s: %s\n", what, strerror(errno));
    exit(1);
}

static inline void feed_pause(long ms)
{
    struct timespec time = {.tv_nsec = ms * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

static inline void feed_write(int fd, char byte)
{
    feed_check(write(fd, &byte, 1) == 1, "write");
}

static inline void feed_read(int fd)
{
    char byte;
    feed_check(read(fd, &byte, 1) == 1, "read");
}

static inline void *feed_main(void *unused)
{
    int ahead = 0; /* bytes written and not dealt with */
    for (int i = 1; i <= FEED_TURNS; i++) {
        feed_write(feed_work[1], i == FEED_TURNS ? FEED_LAST
                                 : i % 10 == 5   ? FEED_STALL
                                                 : FEED_PLAIN);
        ahead++;
        if (i % 20 == 5)
            continue; /* the next one lies there while this one stalls */
        if (feed_how[0] == 'r' && (i % 20 == 15 || i % 20 == 6)) {
            feed_pause(FEED_STALL_MS);
            feed_write(feed_slow[1], 0);
        }
        for (; ahead; ahead--)
            feed_read(feed_done[0]);
        feed_pause(3);
    }
    return unused;
}

/* Starts the feeder. `how` a turn stalls: sleep, poll (of a descriptor that stays silent), read
 * (from a peer that answers late), compute. Returns the descriptor that the loop waits for. */
static inline int feed_start(const char *how)
{
    pthread_t thread;
    int silent[2];
    feed_how = how;
    feed_check(pipe(feed_work) == 0 && pipe(feed_done) == 0 && pipe(feed_slow) == 0 &&
                   pipe(silent) == 0,
               "pipe");
    feed_silent = silent[0];
    feed_check(pthread_create(&thread, NULL, feed_main, NULL) == 0, "pthread_create");
    return feed_work[0];
}

__attribute__((noinline, unused)) static void stall_here(void)
{
    struct pollfd silent = {.fd = feed_silent, .events = POLLIN};
    struct timespec now;
    switch (feed_how[0]) {
    case 's':
        feed_pause(FEED_STALL_MS);
        break;
    case 'p':
        feed_check(poll(&silent, 1, FEED_STALL_MS) == 0, "poll");
        break;
    case 'r':
        feed_read(feed_slow[0]);
        break;
    case 'c':
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        for (long start = now.tv_nsec, passed = 0; passed < FEED_STALL_MS * 1000000L;
             passed = (now.tv_nsec - start + 1000000000L) % 1000000000L) {
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
            feed_sum += (unsigned)passed;
        }
    }
    feed_sum++;
}

/* A callback's work: one byte. 0 when it was the last. */
__attribute__((noinline, unused)) static int feed_take(void)
{
    char byte = 0;
    feed_check(read(feed_work[0], &byte, 1) == 1, "read");
    if (byte == FEED_STALL)
        stall_here();
    feed_write(feed_done[1], 0);
    return byte != FEED_LAST;
}

#endif
