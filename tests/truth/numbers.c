/* SPDX-License-Identifier: MIT
 *
 * A loop whose wait is made by number through syscall(2), as libraries do that are newer than their
 * libc. What is asked for by number is told apart: the wait is the loop's, the poll in its callback
 * is not, and numbers without a row stay together.
 *
 *   numbers epoll | ring
 */
#include <linux/io_uring.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "truth.h"

#define TURNS 100

static int timer;
static int silent[2];
static int epoll_fd;
static int turn;
static volatile int work;

TRUTH_RANGE(outer);

static __attribute__((noinline)) void callback(void)
{
    uint64_t ticks;
    struct pollfd reply = {.fd = silent[0], .events = POLLIN};
    truth_check(syscall(SYS_read, timer, &ticks, sizeof ticks) == sizeof ticks);
    if (++turn % 10 == 0)
        truth_check(syscall(SYS_poll, &reply, 1, turn == 50 ? 500 : 1) == 0);
    truth_check(syscall(SYS_getppid) > 0);
}

TRUTH(outer) static int outer_epoll(void)
{
    struct epoll_event event;
    while (turn < TURNS)
        if (syscall(SYS_epoll_pwait2, epoll_fd, &event, 1, NULL, NULL, 8) > 0)
            callback();
    return ++work;
}

/* ---- the least of a ring: one entry, submitted again in every turn ---- */

static int ring;
static struct io_uring_sqe *entry;
static unsigned *submit_tail;
static unsigned *submit_array;
static unsigned *complete_head;
static unsigned *complete_tail;

static void open_ring(void)
{
    struct io_uring_params p = {.flags = 0};
    ring = (int)syscall(SYS_io_uring_setup, 1, &p);
    if (ring < 0)
        truth_skip("no io_uring here");
    int write = PROT_READ | PROT_WRITE;
    char *submit = mmap(NULL, 4096, write, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *complete = mmap(NULL, 4096, write, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    entry = mmap(NULL, 4096, write, MAP_SHARED, ring, (off_t)IORING_OFF_SQES);
    truth_check(submit != MAP_FAILED && complete != MAP_FAILED && entry != MAP_FAILED);
    submit_tail = (unsigned *)(submit + p.sq_off.tail);
    submit_array = (unsigned *)(submit + p.sq_off.array);
    complete_head = (unsigned *)(complete + p.cq_off.head);
    complete_tail = (unsigned *)(complete + p.cq_off.tail);
}

static void ask_for_timer(void)
{
    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_POLL_ADD;
    entry->fd = timer;
    entry->poll32_events = POLLIN;
    *submit_array = 0;
    __atomic_store_n(submit_tail, *submit_tail + 1, __ATOMIC_RELEASE);
}

static int take_completion(void)
{
    if (__atomic_load_n(complete_tail, __ATOMIC_ACQUIRE) == *complete_head)
        return 0;
    __atomic_store_n(complete_head, *complete_head + 1, __ATOMIC_RELEASE);
    return 1;
}

TRUTH(outer) static int outer_ring(void)
{
    while (turn < TURNS) {
        ask_for_timer();
        truth_check(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) >= 0);
        if (take_completion())
            callback();
    }
    return ++work;
}

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
    int by_ring = argc > 1 && !strcmp(argv[1], "ring");
    start_timer();
    if (by_ring)
        open_ring();
    work += by_ring ? outer_ring() : outer_epoll();
    truth_tell(outer);
    truth_expect("loop syscall:%s outer", by_ring ? "io_uring_enter" : "epoll_pwait2");
    truth_expect("stalls >= 1");
    truth_expect("calls syscall:%s >= %d", by_ring ? "io_uring_enter" : "epoll_pwait2", TURNS);
    truth_expect("calls syscall:read == %d", TURNS);
    truth_expect("calls syscall:poll == %d", TURNS / 10);
    truth_expect("calls syscall == %d", TURNS);
    truth_expect("calls read == 0");
    return 0;
}
