/* SPDX-License-Identifier: MIT
 *
 * Loops straight on libc: raw WAIT HOW, WAIT one of epoll_wait, epoll_pwait, epoll_pwait2, poll,
 * ppoll, select, pselect.
 */
#include "feed.h"

#include <sys/epoll.h>
#include <sys/select.h>

static int work, epoll_fd;

static int wait_epoll(void)
{
    struct epoll_event event;
    return epoll_wait(epoll_fd, &event, 1, -1);
}

static int wait_epoll_pwait(void)
{
    struct epoll_event event;
    return epoll_pwait(epoll_fd, &event, 1, 60000, NULL);
}

static int wait_epoll_pwait2(void)
{
    struct epoll_event event;
    return epoll_pwait2(epoll_fd, &event, 1, &(struct timespec){.tv_sec = 60}, NULL);
}

static int wait_poll(void)
{
    struct pollfd fds[] = {{.fd = work, .events = POLLIN}, {.fd = feed_silent, .events = POLLIN}};
    return poll(fds, 2, -1);
}

static int wait_ppoll(void)
{
    struct pollfd fds[] = {{.fd = work, .events = POLLIN}};
    return ppoll(fds, 1, &(struct timespec){.tv_sec = 60}, NULL);
}

static int wait_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(work, &set);
    return select(work + 1, &set, NULL, NULL, &(struct timeval){.tv_sec = 60});
}

static int wait_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(work, &set);
    return pselect(work + 1, &set, NULL, NULL, NULL, NULL);
}

static const struct {
    const char *name;
    int (*wait)(void);
} waits[] = {
    {"epoll_wait", wait_epoll},
    {"epoll_pwait", wait_epoll_pwait},
    {"epoll_pwait2", wait_epoll_pwait2},
    {"poll", wait_poll},
    {"ppoll", wait_ppoll},
    {"select", wait_select},
    {"pselect", wait_pselect},
};

int main(int argc, char **argv)
{
    unsigned which = 0;
    while (which < sizeof waits / sizeof *waits && argc > 2 && strcmp(waits[which].name, argv[1]))
        which++;
    feed_check(argc > 2 && which < sizeof waits / sizeof *waits, "arguments");
    work = feed_start(argv[2]);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    feed_check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, work, &event) == 0, "epoll_ctl");
    do
        feed_check(waits[which].wait() == 1, "wait");
    while (feed_take());
    return 0;
}
