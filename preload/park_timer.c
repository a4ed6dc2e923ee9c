/* SPDX-License-Identifier: MIT
 *
 * Sleeps are timers of the runtime's.
 */
#include "park_ways.h"

#include "bounce.h"
#include "calls.h"
#include "raw.h"
#include "real.h"

#include <errno.h>
#include <limits.h>
#include <shunt.h>

enum { SECOND = 1000000000, SLICE = SECOND };

static int is_time(const struct timespec *t)
{
    return t->tv_sec >= 0 && t->tv_sec < INT64_MAX / SECOND / 2 && t->tv_nsec >= 0 &&
           t->tv_nsec < SECOND;
}

static int relative(struct park_timer *timer, int clock, int64_t length)
{
    timer->clock = clock;
    timer->until = raw_now(clock) + length;
    return length > 0 ? REASON_NONE : REASON_NONBLOCKING;
}

/* The clocks that are the same for every thread. CLOCK_REALTIME's relative sleeps do not follow
 * when it is set. */
static int on_clock(struct park_timer *timer, long clock, long flags, const struct timespec *t)
{
    int64_t time = (int64_t)t->tv_sec * SECOND + t->tv_nsec;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
        clock != CLOCK_TAI)
        return REASON_BOUND;
    if (flags & ~(long)TIMER_ABSTIME)
        return REASON_ARGUMENTS;
    if (!(flags & TIMER_ABSTIME))
        return relative(timer, clock == CLOCK_BOOTTIME ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, time);
    timer->clock = (int)clock;
    timer->until = time;
    return time > raw_now((int)clock) ? REASON_NONE : REASON_NONBLOCKING;
}

int park_timer_takes(struct park_timer *timer, const struct handoff_call *call)
{
    const long *a = call->arguments;
    struct timespec t = {0};
    switch (call->call) {
    case CALL_sleep:
        return relative(timer, CLOCK_MONOTONIC, (int64_t)(unsigned)a[0] * SECOND);
    case CALL_usleep:
        return relative(timer, CLOCK_MONOTONIC, (int64_t)(useconds_t)a[0] * 1000);
    case CALL_nanosleep:
    case CALL_thrd_sleep:
        if (bounce_read(&t, (const void *)a[0], sizeof t) != 0 || !is_time(&t))
            return REASON_ARGUMENTS;
        return relative(timer, CLOCK_MONOTONIC, (int64_t)t.tv_sec * SECOND + t.tv_nsec);
    case CALL_clock_nanosleep:
        if (bounce_read(&t, (const void *)a[2], sizeof t) != 0 || !is_time(&t))
            return REASON_ARGUMENTS;
        return on_clock(timer, a[0], a[1], &t);
    default:
        return REASON_ARGUMENTS;
    }
}

/* A clock that is set is looked at again. */
static int64_t next_step(const struct park_timer *timer, int64_t left)
{
    int settable = timer->clock == CLOCK_REALTIME || timer->clock == CLOCK_TAI;
    return settable && left > SLICE ? SLICE : left;
}

int park_timer_go(struct park *park, const struct park_timer *timer,
                  const struct handoff_call *call)
{
    for (int64_t left; (left = timer->until - raw_now(timer->clock)) > 0;) {
        int64_t time = park_left(park, next_step(timer, left));
        if (time <= 0) {
            park_expire(park, call);
            return 1;
        }
        if (park_wait(park, -1, 0, time) != SHUNT_NOT_PARKED)
            continue;
        if (!park->switched)
            return 0;
        struct timespec until = {timer->until / SECOND, timer->until % SECOND};
        arch_syscall(SYS_clock_nanosleep, timer->clock, TIMER_ABSTIME, (long)&until, 0, 0, 0);
    }
    park_result(call, 0);
    return 1;
}
