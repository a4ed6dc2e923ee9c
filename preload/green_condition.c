/* SPDX-License-Identifier: MIT
 *
 * See green_condition.h.
 */
#include "green_condition.h"

#include "green_lock.h"
#include "kept.h"
#include "python_layout.h"
#include "waiters.h"

#include <errno.h>
#include <shunt.h>

/* The bits of __wrefs (glibc's nptl/pthread_cond_common.c, since 2.25). */
enum { IS_SHARED = 1, IS_MONOTONIC = 2 };

/* After that time a wait looks whether it is in a fork child, where nobody wakes it. */
enum { PATIENCE_NS = 1000000000 };

struct wait {
    struct visit *visit;
    clockid_t clock;
    const struct timespec *until;
    struct park park;
    struct waiting waiting;
    int not_parked;
};

/* Until it is woken or the time is over. */
static void wait_woken(struct wait *w)
{
    int64_t left;
    while (!waiters_is_woken(&w->waiting) && !w->not_parked &&
           (left = green_lock_left(w->clock, w->until)) != 0) {
        int how = park_wait(&w->park, waiters_fd(&w->waiting), POLLIN,
                            left >= 0 && left < PATIENCE_NS ? left : PATIENCE_NS);
        w->not_parked = how == SHUNT_NOT_PARKED;
    }
}

/* Gives the mutex back, waits, and takes it again; who enters the runtime may have to wait for what
 * others hold that want the mutex. 0: the wait is still to be made, for it could not be parked. */
static int wait_parked(struct wait *w, pthread_mutex_t *mutex, long *result)
{
    lock_forget(mutex);
    *result = REAL(pthread_mutex_unlock)(mutex);
    if (*result != 0) {
        waiters_remove(&w->waiting);
        return 1;
    }
    int reason = park_begin(&w->park, w->visit);
    w->not_parked = reason != REASON_NONE;
    if (!reason) {
        wait_woken(w);
        park_end(&w->park);
    }
    int woken = waiters_remove(&w->waiting);
    int error = green_lock_retake(w->visit, mutex);
    if (reason)
        green_lock_tell_in_place(reason);
    else
        green_lock_tell(&w->park);
    *result = error ? error : woken ? 0 : ETIMEDOUT;
    return woken || !w->not_parked || error;
}

/* Why a wait of a library that has green threads parked is not parked itself. */
static int refuse(struct wait *w, const pthread_cond_t *condition, const pthread_mutex_t *mutex)
{
    int reason;
    if (condition->__data.__wrefs & IS_SHARED)
        return REASON_CONDITIONS;
    if (green_lock_on_stack(w->visit, condition))
        return REASON_STACK_OBJECT;
    if ((reason = green_lock_refuse(w->visit, mutex)) != REASON_NONE ||
        (reason = green_lock_kept_in_place(w->visit)) != REASON_NONE ||
        !runtime_here(w->visit, &reason))
        return reason;
    return waiters_add(&w->waiting, condition);
}

int green_condition_wait(struct visit *v, pthread_cond_t *condition, pthread_mutex_t *mutex,
                         clockid_t clock, const struct timespec *until, long *result)
{
    if (!v->thread || !v->thread->epoch || !kept_parked() || !kept_parked_in(kept_library(v)))
        return 0;
    if (python_contains(v->caller)) /* the interpreter lock's, which a runtime takes to park */
        return 0;
    if (clock == GREEN_CONDITION_CLOCK)
        clock = condition->__data.__wrefs & IS_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    struct wait wait = {.visit = v, .clock = clock, .until = until};
    if (until && (!lock_time_is_right(clock, until) || !green_lock_left(clock, until)))
        return 0;
    int saved = errno;
    int reason = refuse(&wait, condition, mutex);
    int done = !reason && wait_parked(&wait, mutex, result);
    if (reason) {
        green_lock_tell_in_place(reason);
        green_lock_handed_over(v);
    }
    errno = saved;
    return done;
}

void green_condition_signal(const pthread_cond_t *condition, int all)
{
    int saved = errno;
    waiters_wake(condition, all);
    errno = saved;
}
