/* SPDX-License-Identifier: MIT
 *
 * A loop whose callback polls one fd for 1.5 s. The loop is the outer wait; the poll inside is the
 * disease and no loop.
 *
 *   loops epoll     epoll_wait, callbacks called beside it
 *   loops poll      poll of two fds, so that only the place tells it from the inner poll
 *   loops helper    epoll_pwait in a helper with a big frame that calls the callbacks itself
 * (libuv) loops deep      poll so deep in calls that no chain reaches their end; the polls inside
 * come first and are deeper still, but their frames lie higher on the stack loops none      one
 * wait, and many short polls: no loop
 */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "truth.h"

#define TURNS 150

static int timer;
static int epoll_fd;
static int silent[2];
static volatile int work;
static int turn;

TRUTH_RANGE(outer);
TRUTH_RANGE(helper);
TRUTH_RANGE(callback);
TRUTH_RANGE(big);
TRUTH_RANGE(below);
TRUTH_RANGE(deep);

/* Every tenth turn waits a little for a reply, one for long. */
TRUTH(callback) static int callback(void)
{
    uint64_t ticks;
    struct pollfd reply = {.fd = silent[0], .events = POLLIN};
    truth_check(read(timer, &ticks, sizeof ticks) == sizeof ticks);
    if (++turn == 80)
        work += poll(&reply, 1, 1500);
    else if (turn % 10 == 0)
        work += poll(&reply, 1, 1);
    return ++work;
}

TRUTH(outer) static int outer_epoll(void)
{
    struct epoll_event events[8];
    while (turn < TURNS)
        if (epoll_wait(epoll_fd, events, 8, -1) > 0)
            callback();
    return ++work;
}

TRUTH(outer) static int outer_poll(void)
{
    struct pollfd fds[2] = {{.fd = timer, .events = POLLIN}, {.fd = silent[0], .events = POLLIN}};
    while (turn < TURNS)
        if (poll(fds, 2, -1) > 0)
            callback();
    return ++work;
}

TRUTH(helper) static int helper(void)
{
    struct epoll_event events[1024];
    int count = epoll_pwait(epoll_fd, events, 1024, -1, NULL);
    for (int i = 0; i < count; i++)
        callback();
    return ++work;
}

TRUTH(outer) static int outer_helper(void)
{
    while (turn < TURNS)
        helper();
    return ++work;
}

TRUTH(big) static int big_wait(void)
{
    char room[4096];
    struct pollfd fds[2] = {{.fd = timer, .events = POLLIN}, {.fd = silent[0], .events = POLLIN}};
    memset(room, turn, sizeof room);
    work += room[turn];
    return poll(fds, 2, -1);
}

TRUTH(below) static int below(int left)
{
    struct pollfd reply = {.fd = silent[0], .events = POLLIN};
    if (left)
        return below(left - 1) + ++work;
    for (int i = 0; i < 4; i++)
        work += poll(&reply, 1, 1);
    return ++work;
}

TRUTH(deep) static int deep(int left)
{
    if (left)
        return deep(left - 1) + ++work;
    while (turn < TURNS) {
        if (turn < 20)
            below(4);
        if (big_wait() > 0)
            callback();
    }
    return ++work;
}

TRUTH(outer) static int outer_deep(void)
{
    return deep(20) + ++work;
}

TRUTH(outer) static int outer_none(void)
{
    struct pollfd reply = {.fd = silent[0], .events = POLLIN};
    struct pollfd ready = {.fd = timer, .events = POLLIN};
    work += poll(&reply, 1, 300);
    truth_check(poll(&ready, 1, -1) == 1);
    return ++work;
}

static const struct shape {
    const char *name;
    int (*run)(void);
    const char *expected;
} shapes[] = {
    {"epoll", outer_epoll, "loop epoll_wait outer"},
    {"poll", outer_poll, "loop poll outer"},
    {"helper", outer_helper, "loop epoll_pwait helper"},
    {"deep", outer_deep, "loop poll big<deep"},
    {"none", outer_none, "no-loop"},
};

static void start_timer(void)
{
    struct itimerspec every = {{0, 4000000}, {0, 4000000}};
    struct epoll_event event = {.events = EPOLLIN};
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    epoll_fd = epoll_create1(0);
    truth_check(timerfd_settime(timer, 0, &every, NULL) == 0);
    truth_check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer, &event) == 0);
    truth_check(pipe(silent) == 0);
}

int main(int argc, char **argv)
{
    const struct shape *shape = shapes;
    while (argc > 1 && strcmp(shape->name, argv[1]) != 0)
        shape++;
    start_timer();
    work += shape->run();
    truth_tell(outer);
    truth_tell(helper);
    truth_tell(callback);
    truth_tell(big);
    truth_tell(below);
    truth_tell(deep);
    truth_expect("%s", shape->expected);
    if (shape->run != outer_none) {
        truth_expect("stalls >= 1");
        truth_expect("turns >= %d", TURNS / 2);
        truth_expect("calls read == %d", TURNS);
    }
    return 0;
}
