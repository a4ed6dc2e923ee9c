/* SPDX-License-Identifier: MIT
 *
 * before_after PLACE SLEEP_MS [old] [new]: a loop of 30 turns whose steps a change may move, slow
 * down, remove or add. PLACE says where note() waits: loop, or thread.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TURNS 30
#define APART __attribute__((noinline, noclone))
#ifdef __clang__
#undef APART
#define APART __attribute__((noinline))
#endif

static int queue[2];

static struct timespec milliseconds(long count)
{
    return (struct timespec){.tv_sec = count / 1000, .tv_nsec = count % 1000 * 1000000};
}

APART static void pace(long sleep_ms)
{
    struct timespec time = milliseconds(sleep_ms);
    nanosleep(&time, NULL);
    __asm__ volatile("");
}

APART static void note(void)
{
    usleep(10000);
    __asm__ volatile("");
}

APART static void old_step(void)
{
    struct timespec time = milliseconds(10);
    nanosleep(&time, NULL);
    __asm__ volatile("");
}

APART static void new_step(void)
{
    struct timespec time = milliseconds(10);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    __asm__ volatile("");
}

static void *helper(void *unused)
{
    char order;
    while (read(queue[0], &order, 1) == 1)
        note();
    return unused;
}

static int wanted(int argc, char **argv, const char *word)
{
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int on_loop = strcmp(argv[1], "loop") == 0;
    long sleep_ms = atol(argv[2]);
    pthread_t thread;
    if (pipe(queue) < 0 || pthread_create(&thread, NULL, helper, NULL) != 0)
        return 1;
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    int loop = epoll_create1(0);
    struct itimerspec interval = {.it_interval = milliseconds(1), .it_value = milliseconds(1)};
    struct epoll_event event = {.events = EPOLLIN};
    timerfd_settime(timer, 0, &interval, NULL);
    epoll_ctl(loop, EPOLL_CTL_ADD, timer, &event);
    for (int turn = 0; turn < TURNS; turn++) {
        unsigned long long ticks;
        if (epoll_wait(loop, &event, 1, -1) != 1 || read(timer, &ticks, sizeof ticks) < 0)
            return 1;
        pace(sleep_ms);
        if (on_loop)
            note();
        else if (write(queue[1], "n", 1) != 1)
            return 1;
        if (wanted(argc, argv, "old"))
            old_step();
        if (wanted(argc, argv, "new"))
            new_step();
    }
    close(queue[1]);
    pthread_join(thread, NULL);
    return 0;
}
