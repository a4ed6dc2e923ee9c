/* SPDX-License-Identifier: MIT
 *
 * Calls that a worker makes, and what comes between: two handlers, one in the other, that leave it;
 * one that leaves after any instruction; one that nobody told us of.
 */
#include "support.h"

#include "calls.h"
#include "clock.h"
#include "handoff.h"
#include "real.h"
#include "route.h"
#include "signals.h"
#include "step_x86_64.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char byte;
static long arguments[HANDOFF_ARGUMENTS];
static sigjmp_buf before;
static volatile int running, sent, over;

static void prepare(void)
{
    real_resolve();
    trace_for_test(4 << 20);
    setenv("SHUNT_ROUTE", "pool", 1);
    route_read();
    cr_assert(signals_start());
    cr_assert_eq(pool_start(), 0);
    cr_assert_eq(handoff_start(), 0);
    arguments[0] = open("/proc/self/exe", O_RDONLY);
    arguments[1] = (long)&byte;
    arguments[2] = 1;
}

static int make_until(int (*run)(void *), uint64_t deadline_ns)
{
    static const struct handoff_shape shape;
    const struct handoff_call call = {
        .run = run, .arguments = arguments, .shape = &shape, .call = CALL_pread};
    const struct visit visit = {.frame = (uintptr_t)__builtin_frame_address(0)};
    int reason;
    return handoff_away(&visit, &call, 0, deadline_ns, &reason);
}

static int make(int (*run)(void *))
{
    return make_until(run, 0);
}

static int return_at_once(void *frame)
{
    (void)frame;
    return 0;
}

/* No system call that a signal could interrupt. Over when both handlers have had time to wait. */
static int take_long(void *frame)
{
    (void)frame;
    running = 1;
    while (!sent)
        ;
    for (uint64_t end = clock_now() + clock_ticks(20000000); clock_now() < end;)
        ;
    over = 1;
    return 0;
}

static void leave(int number)
{
    handoff_abandon();
    siglongjmp(before, number);
}

static void *send_two(void *to)
{
    while (!running)
        ;
    usleep(10000);
    pthread_kill(*(pthread_t *)to, SIGUSR1);
    usleep(10000);
    pthread_kill(*(pthread_t *)to, SIGUSR2);
    sent = 1;
    return NULL;
}

Test(handoff, a_handler_in_a_handler_that_leaves_does_not_leave_before_the_call_is_over)
{
    prepare();
    cr_assert_eq(make(return_at_once), 1);
    struct sigaction action = {.sa_handler = leave};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    pthread_t self = pthread_self(), sender;
    cr_assert_eq(pthread_create(&sender, NULL, send_two, &self), 0);
    if (sigsetjmp(before, 1) == 0) {
        make(take_long);
        cr_assert_fail("nobody left");
    }
    cr_assert_eq(over, 1);
    pthread_join(sender, NULL);
    cr_assert_eq(pool_waiting(), 0u);
}

static int step, left_at, was_away;

static void leave_on_step(int number)
{
    if (++step != left_at)
        return;
    was_away = handoff_self.trip != NULL;
    leave(number);
}

/* Every fifth instruction is enough to tell. A worker can be lost only where it is taken from its
 * list or laid into it, some hundred instructions of optimized code, about an eighth of the way. */
Test(handoff, left_in_the_midst_of_a_trip_the_worker_comes_back)
{
    pool_define(0, "default", POOL_WORKERS, 60000000000);
    prepare();
    cr_assert_eq(make(return_at_once), 1);
    struct sigaction action = {.sa_handler = leave_on_step, .sa_flags = SA_NODEFER};
    sigaction(SIGTRAP, &action, NULL);
    volatile uint32_t workers = pool_workers(), lost = 0, left = 0;
    for (volatile int at = 1;; at += 5) {
        step = 0;
        left_at = at;
        if (sigsetjmp(before, 1) == 0) {
            step_begin();
            make(return_at_once);
            step_end();
            if (step < at)
                break;
        }
        left++;
        cr_assert_eq(make(return_at_once), 1);
        cr_assert(!was_away || pool_workers() == workers, "lost at instruction %d", at);
        lost += pool_workers() != workers;
        workers = pool_workers();
    }
    cr_assert_gt(left, 60u, "left %u times alone", left);
    cr_assert_lt(lost, left / 6, "lost %u times of %u", lost, left);
}

static int pipe_ends[2], got;
static volatile int signals;

static int read_pipe(void *frame)
{
    (void)frame;
    running = 1;
    ssize_t n = read(pipe_ends[0], &byte, 1);
    got = n == 1 ? 0 : errno;
    return got;
}

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void *send_and_write(void *to)
{
    while (!running)
        ;
    usleep(10000);
    pthread_kill(*(pthread_t *)to, SIGUSR1);
    usleep(10000);
    cr_assert_eq(write(pipe_ends[1], "x", 1), 1);
    return NULL;
}

/* As libc's own of setuid: the kernel ends a sleep with a time limit for any handler. */
Test(handoff, a_call_with_a_deadline_goes_on_after_a_handler_that_restarts)
{
    prepare();
    cr_assert_eq(make(return_at_once), 1);
    struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    cr_assert_eq(pipe(pipe_ends), 0);
    pthread_t self = pthread_self(), sender;
    cr_assert_eq(pthread_create(&sender, NULL, send_and_write, &self), 0);
    cr_assert_eq(make_until(read_pipe, 10000000000), 1);
    pthread_join(sender, NULL);
    cr_assert_eq(signals, 1);
    cr_assert_eq(got, 0, "%s", strerror(got));
}
