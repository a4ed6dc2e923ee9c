/* SPDX-License-Identifier: MIT
 *
 * Four loops at once, which sync a file in nearly every turn. How long each call took is measured
 * from inside, by the fsync that it reaches, and from outside, around it; and each turn from inside
 * alone. Whatever the machine is doing, what a report says lies between. Prints for each thread:
 *
 *   loop TID, then a line a turn: SYNC-INSIDE SYNC-OUTSIDE TURN-INSIDE, in nanoseconds
 */
#include "slow_fsync.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LOOPS = 4,
    TURNS = 120,
    FIRST = 8 /* turns without a sync, until the loop is known to be one */
};

static const uint64_t durations[] = {100000, 1000000, 3000000, 7000000};
enum { DURATIONS = sizeof durations / sizeof *durations };

struct loop {
    int work[2], done[2];
    long tid;
    uint64_t inside[TURNS], outside[TURNS], turn[TURNS];
};

static void need(int holds)
{
    if (holds)
        return;
    perror("syncs");
    exit(1);
}

__attribute__((noinline)) static void sync_here(struct loop *loop, int turn)
{
    slow_fsync_set(durations[turn % DURATIONS]);
    uint64_t start = slow_fsync_now();
    need(fsync(1) == 0);
    loop->outside[turn] = slow_fsync_now() - start;
    loop->inside[turn] = slow_fsync_took();
}

static void *loop_main(void *data)
{
    struct loop *loop = data;
    struct epoll_event event = {.events = EPOLLIN};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    char byte;
    loop->tid = syscall(SYS_gettid);
    need(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, loop->work[0], &event) == 0);
    for (int turn = 0;; turn++) {
        need(epoll_wait(epoll_fd, &event, 1, -1) == 1);
        if (turn == TURNS) /* the last turn has ended */
            return data;
        uint64_t start = slow_fsync_now();
        need(read(loop->work[0], &byte, 1) == 1);
        if (turn >= FIRST)
            sync_here(loop, turn);
        need(write(loop->done[1], &byte, 1) == 1);
        loop->turn[turn] = slow_fsync_now() - start;
    }
}

static void *feed(void *data)
{
    struct loop *loop = data;
    char byte = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        need(write(loop->work[1], &byte, 1) == 1);
        need(read(loop->done[0], &byte, 1) == 1);
        usleep(300);
    }
    need(write(loop->work[1], &byte, 1) == 1);
    return data;
}

int main(void)
{
    static struct loop loops[LOOPS];
    pthread_t threads[2 * LOOPS];
    for (int i = 0; i < LOOPS; i++) {
        need(pipe(loops[i].work) == 0 && pipe(loops[i].done) == 0);
        need(pthread_create(&threads[2 * i], NULL, loop_main, &loops[i]) == 0);
        need(pthread_create(&threads[2 * i + 1], NULL, feed, &loops[i]) == 0);
    }
    for (int i = 0; i < 2 * LOOPS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < LOOPS; i++) {
        printf("loop %ld\n", loops[i].tid);
        for (int turn = 0; turn < TURNS; turn++)
            printf("%lu %lu %lu\n", (unsigned long)loops[i].inside[turn],
                   (unsigned long)loops[i].outside[turn], (unsigned long)loops[i].turn[turn]);
    }
    return 0;
}
