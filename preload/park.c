/* SPDX-License-Identifier: MIT
 *
 * See park.h. While a call is parked its thread makes other calls, so the call in progress that is
 * published is theirs; and when it is over it is counted in the greenlet's name whose call it is.
 */
#include "park.h"

#include "bounce.h"
#include "calls.h"
#include "conditions.h"
#include "gil.h"
#include "green_lock.h"
#include "kept.h"
#include "loading.h"
#include "lock.h"
#include "parcel.h"
#include "park_ways.h"
#include "raw.h"
#include "refusal.h"

#include <errno.h>
#include <shunt.h>
#include <string.h>

/* ---- parking ---- */

int park_begin(struct park *park, struct visit *v)
{
    int reason = REASON_NONE;
    *park = (struct park){.visit = v, .process = parcel_process()};
    park->runtime = runtime_here(v, &reason);
    if (!park->runtime)
        return reason;
    handoff_know_thread();
    park->holding = v->thread && lock_holds(v->thread->record);
    if (park->holding)
        gil_need(1);
    reason = park->runtime->enter();
    if (reason && park->holding)
        gil_need(-1);
    return reason;
}

int park_is_child(const struct park *park)
{
    return park->process != parcel_process();
}

/* The thread's next calls are not made inside this one. */
static void put_aside(struct park *park)
{
    struct thread *t = park->visit->thread;
    park->held = bulkhead_self;
    bulkhead_self.count = 0;
    if (!t)
        return;
    park->thread_start = t->record->start;
    park->key = t->green.key;
    park->greenlet = t->green.number;
    park->spawn = t->green.spawn;
    t->current->frame = 0;
}

/* Is it still the state that the thread had when it was parked? Destructors may let it go on when
 * that is gone, or when a call has made another one in its place. */
static int is_still_there(const struct park *park, const struct thread *t)
{
    return t == thread_self && t->epoch && t->record->start == park->thread_start;
}

/* In a fork child the call is its parent's to count. */
static void take_up(struct park *park)
{
    struct visit *v = park->visit;
    struct thread *t = v->thread;
    bulkhead_self = park->held;
    if (!t)
        return;
    if (!is_still_there(park, t) || park_is_child(park)) {
        v->thread = NULL;
        return;
    }
    t->green.key = park->key;
    t->green.number = park->greenlet;
    t->green.spawn = park->spawn;
    if (v->frame - t->stack.low >= t->stack.high - t->stack.low)
        memo_switch_stack(t, v->frame);
    t->current->slot = v->slot;
    t->current->call = v->call;
    t->current->caller = v->caller;
    t->current->start = v->start;
    __atomic_store_n(&t->current->frame, v->frame, __ATOMIC_RELEASE);
}

int park_wait(struct park *park, int fd, short events, int64_t timeout)
{
    uint64_t start = clock_now();
    int saved = errno;
    put_aside(park);
    struct kept *kept = kept_put_aside(park->visit);
    int how = park->runtime->wait(fd, events, timeout);
    kept_take_back(kept);
    take_up(park);
    errno = saved;
    if (how == SHUNT_NOT_PARKED)
        return how;
    park->switched = 1;
    park->parked += clock_now() - start;
    if (how != SHUNT_INTERRUPTED)
        return how;
    park->interrupted = 1;
    return SHUNT_TIMED_OUT;
}

void park_end(struct park *park)
{
    int saved = errno;
    park->runtime->leave(park->interrupted);
    if (park->holding)
        gil_need(-1);
    errno = saved;
}

/* ---- results ---- */

long park_returned(const struct handoff_call *call, int error)
{
    const char *at = (const char *)call->frame + call->shape->returned;
    int number;
    long word;
    memcpy(&number, at, sizeof number);
    if (call->shape->returned_size == sizeof word)
        memcpy(&word, at, sizeof word);
    else
        word = number;
    return word == -1 ? -error : word;
}

void park_result(const struct handoff_call *call, long result)
{
    int number = (int)result;
    void *at = (char *)call->frame + call->shape->returned;
    if (call->shape->returned_size == sizeof number)
        memcpy(at, &number, sizeof number);
    else
        memcpy(at, &result, sizeof result);
}

/* ---- deadlines ---- */

int64_t park_left(const struct park *park, int64_t left)
{
    if (!park->deadline)
        return left;
    int64_t until = park->deadline - raw_now(CLOCK_MONOTONIC);
    until = until > 0 ? until : 0;
    return left < 0 || until < left ? until : left;
}

void park_expire(struct park *park, const struct handoff_call *call)
{
    park->expired = 1;
    refusal_give(call, ETIMEDOUT);
}

int park_can_end(const struct handoff_call *call)
{
    return call_infos[call->call].blocks == BLOCKS_TIMER || park_ready_takes(call);
}

/* ---- a call ---- */

/* What the caller and the moment forbid; REASON_NONE: nothing. */
static int forbidden(struct visit *v, const struct handoff_call *call)
{
    if (loading_exception())
        return REASON_EXCEPTION;
    if (loading_here(v))
        return REASON_LOADING;
    if (green_lock_is_semaphore(call->call) &&
        green_lock_on_stack(v, (const void *)call->arguments[0]))
        return REASON_STACK_OBJECT;
    return green_lock_refuse(v, NULL);
}

struct plan {
    enum trace_green way;
    struct park_timer timer;
    struct parcel *parcel; /* GREEN_POOL */
};

/* A call that asks for a time alone waits for no descriptor and needs no worker. */
static int choose(struct plan *plan, const struct handoff_call *call)
{
    if (call_infos[call->call].blocks == BLOCKS_TIMER) {
        plan->way = GREEN_TIMER;
        return park_timer_takes(&plan->timer, call);
    }
    int reason = conditions_check(call);
    if (reason && !(reason == REASON_READY && park_has_rivals(call)))
        return reason;
    plan->way = park_ready_takes(call) ? GREEN_READY : GREEN_POOL;
    if (plan->way == GREEN_POOL && handoff_self.own_state)
        return (int)handoff_self.own_state;
    return REASON_NONE;
}

static int pack(struct plan *plan, const struct handoff_call *call)
{
    int reason = REASON_NONE;
    if (plan->way != GREEN_POOL)
        return REASON_NONE;
    plan->parcel = parcel_claim(&reason);
    if (!plan->parcel)
        return reason;
    reason = bounce_pack(plan->parcel, call);
    if (reason)
        parcel_give(plan->parcel);
    return reason;
}

static int go(struct plan *plan, struct park *park, const struct handoff_call *call, unsigned pool,
              int *reason)
{
    *reason = REASON_NO_GREEN;
    switch (plan->way) {
    case GREEN_TIMER:
        return park_timer_go(park, &plan->timer, call);
    case GREEN_READY:
        return park_ready_go(park, call, pool, reason);
    default:
        *reason = REASON_NO_DESCRIPTOR;
        return parcel_fd(plan->parcel) >= 0 && park_pool_go(park, call, plan->parcel, pool, reason);
    }
}

/* What the kernel meant for this thread is raised first: a handler makes calls of its own. */
static void tell(const struct plan *plan, const struct park *park)
{
    int saved = errno;
    if (park->raised)
        handoff_raise(park->raised);
    errno = saved;
    handoff_self.outcome = (struct handoff_outcome){.route = TRACE_ROUTE_GREEN,
                                                    .way = (uint8_t)plan->way,
                                                    .expired = park->expired,
                                                    .handoff_ticks = park->handoff_ticks,
                                                    .run_ticks = park->run_ticks,
                                                    .parked_ticks = park->parked};
}

/* In this order: what is cheap to ask, then what tells most about the call. */
static int prepare(struct plan *plan, struct visit *v, const struct handoff_call *call)
{
    int reason = handoff_kept_in_place(v);
    if (!reason && !runtime_here(v, &reason))
        return reason;
    if (!reason)
        reason = choose(plan, call);
    if (!reason)
        reason = forbidden(v, call);
    return reason ? reason : pack(plan, call);
}

int park_make(struct visit *v, const struct handoff_call *call, const struct park_terms *terms,
              int *reason)
{
    struct plan plan = {0};
    struct park park;
    int saved = errno, over = 0;
    *reason = prepare(&plan, v, call);
    errno = saved;
    if (*reason)
        return 0;
    *reason = park_begin(&park, v);
    errno = saved;
    if (!*reason) {
        if (terms->deadline_ns)
            park.deadline = raw_now(CLOCK_MONOTONIC) + (int64_t)terms->deadline_ns;
        over = go(&plan, &park, call, terms->pool, reason);
        park_end(&park);
    }
    if (plan.parcel && !park_is_child(&park))
        parcel_give(plan.parcel);
    if (over)
        tell(&plan, &park);
    else
        errno = saved;
    return over;
}
