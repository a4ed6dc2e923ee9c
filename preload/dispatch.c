/* SPDX-License-Identifier: MIT
 *
 * See dispatch.h.
 */
#include "dispatch.h"

#include "bulkhead.h"
#include "park.h"
#include "policy_bounds.h"
#include "refusal.h"
#include "route.h"

#include <errno.h>
#include <pthread.h>

/* What only the rule knows; errno is kept. */
static void tell(const struct route_answer *route)
{
    struct handoff_outcome *outcome = &handoff_self.outcome;
    outcome->asked = route->asked;
    outcome->wanted = route->wanted;
    outcome->pool = route->pool;
    outcome->rule = route->rule;
}

static void make_here(const struct handoff_call *call, const struct route_answer *route, int reason)
{
    call->run(call->frame);
    /* Handlers made calls meanwhile. */
    int saved = errno;
    handoff_self.outcome = (struct handoff_outcome){.reason = (uint8_t)reason};
    tell(route);
    errno = saved;
}

/* 0: it is to be made after all. A loop of calls that are refused can be cancelled as one of calls
 * that wait. */
static int deny(const struct handoff_call *call, const struct route_answer *route)
{
    if (!route->limits.error || policy_bar_deny((enum call_id)call->call) != POLICY_MAY)
        return 0;
    if (handoff_is_cancellation_point(call->call))
        pthread_testcancel();
    handoff_self.outcome = (struct handoff_outcome){.route = TRACE_ROUTE_DENY};
    tell(route);
    refusal_give(call, route->limits.error);
    return 1;
}

/* How long, and not when: after a seccomp filter even to ask for the time may be fatal. */
static uint64_t deadline_of(const struct handoff_call *call, const struct route_answer *route)
{
    return policy_bar_deadline((enum call_id)call->call) == POLICY_MAY ? route->limits.deadline_ns
                                                                       : 0;
}

static void make_away(const struct visit *v, const struct handoff_call *call,
                      const struct route_answer *route)
{
    int reason = REASON_NONE;
    if (handoff_away(v, call, route->pool, deadline_of(call, route), &reason))
        tell(route);
    else
        make_here(call, route, reason);
}

static void make_green(struct visit *v, const struct handoff_call *call,
                       const struct route_answer *route)
{
    int reason = REASON_NONE;
    const struct park_terms terms = {.pool = route->pool, .deadline_ns = deadline_of(call, route)};
    if (terms.deadline_ns && !park_can_end(call))
        make_away(v, call, route);
    else if (park_make(v, call, &terms, &reason))
        tell(route);
    else
        make_here(call, route, reason);
}

static void make(struct visit *v, const struct handoff_call *call, const struct route_answer *route)
{
    if (route->reason)
        make_here(call, route, route->reason);
    else if (route->wanted == TRACE_ROUTE_GREEN)
        make_green(v, call, route);
    else if (route->wanted == TRACE_ROUTE_POOL)
        make_away(v, call, route);
    else if (route->wanted != TRACE_ROUTE_DENY)
        make_here(call, route, REASON_NONE);
    else if (!deny(call, route))
        make_here(call, route, REASON_DENIED);
}

static void leave_bulkhead(void *number)
{
    bulkhead_leave(*(const int *)number);
}

/* In a function of its own: it is left by unwinding when the thread is cancelled. */
static __attribute__((noinline)) void make_cancellable(struct visit *v,
                                                       const struct handoff_call *call,
                                                       const struct route_answer *route, int number)
{
    pthread_cleanup_push(leave_bulkhead, &number);
    make(v, call, route);
    pthread_cleanup_pop(1);
}

/* What is to be done at a cancellation lies on the stack and is the thread's: a green thread that
 * is parked cannot have any, and the end of the thread has to do. */
static void make_within(struct visit *v, const struct handoff_call *call,
                        struct route_answer *route)
{
    int number = bulkhead_enter(v, route->limits.rule, route->limits.bulkhead);
    if (number < 0) {
        route->asked = 1;
        if (route->limits.over != POLICY_DENY || !deny(call, route))
            make_here(call, route, REASON_BULKHEAD);
    } else if (route->wanted == TRACE_ROUTE_GREEN) {
        handoff_know_thread();
        make(v, call, route);
        bulkhead_leave(number);
    } else {
        make_cancellable(v, call, route, number);
    }
}

void dispatch_call(struct visit *v, const struct handoff_call *call)
{
    handoff_self.outcome = (struct handoff_outcome){0};
    struct route_answer route = route_ask(v);
    if (route.limits.bulkhead && !route.reason)
        make_within(v, call, &route);
    else
        make(v, call, &route);
}
