/* SPDX-License-Identifier: MIT
 *
 * The slow sides of guard.h: nesting, learning, calls that blocked or failed. errno is kept
 * throughout.
 */
#include "guard.h"

#include "calls.h"
#include "green.h"
#include "handoff.h"
#include "lock.h"
#include "stack.h"
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <threads.h>

/* Calls that came before the library was ready: counted here, and into the trace when there is one.
 */
static uint32_t early[CALL_COUNT];

void guard_unobserved(struct visit *v, void *caller, void *frame)
{
    v->thread = NULL;
    v->start = v->ticks = 0;
    v->caller = (uintptr_t)caller;
    v->frame = (uintptr_t)frame;
    v->point = NULL;
    v->slot = 0;
    v->nested = 0;
    v->sleeps = 0;
    if (!__atomic_load_n(&observe_epoch, __ATOMIC_RELAXED))
        __atomic_fetch_add(&early[v->call], 1, __ATOMIC_RELAXED);
}

void guard_count_early(void)
{
    struct thread *t = thread_refresh();
    for (uint16_t call = 0; t && call < CALL_COUNT; call++) {
        struct trace_slot *slot =
            early[call] ? slot_get(t, call, 0, &(struct slot_owner){0}) : NULL;
        if (slot)
            arch_local_add(&slot->count, early[call]);
    }
}

/* 1 if this runs on the alternate signal stack and `frame` does not lie on it: a handler
 * interrupted that call, wherever the two stacks lie. */
static int left_for_handler(uintptr_t frame)
{
    stack_t stack = {.ss_flags = 0};
    if (trace_sealed() || arch_syscall(SYS_sigaltstack, 0, (long)&stack, 0, 0, 0, 0) != 0 ||
        !(stack.ss_flags & SS_ONSTACK))
        return 0;
    return frame - (uintptr_t)stack.ss_sp >= stack.ss_size;
}

/* 1 if the outer call was left without a return: an exception through it, longjmp out of a
 * callback. Asked once for each outer call (2 us), and only where both calls are on the stack in
 * use. */
static int left_by_unwinding(struct visit *v, const struct trace_current *outer)
{
    struct thread *t = v->thread;
    if (outer->frame <= v->frame || v->frame < t->stack.low || outer->frame > t->stack.high ||
        trace_sealed() || t->nesting_known == outer->start)
        return 0;
    int saved = errno;
    int left = stack_reaches(outer->frame) == 0;
    errno = saved;
    t->nesting_known = outer->start;
    return left;
}

void guard_nest(struct visit *v)
{
    const struct trace_current *current = v->thread->current;
    if (current->frame <= v->frame && !left_for_handler(current->frame))
        return;
    if (left_by_unwinding(v, current))
        return;
    v->nested = 1;
    v->outer = *current;
}

void guard_unnest(struct visit *v)
{
    struct thread *t = v->thread;
    struct trace_current *current = t->current;
    struct trace_slot *slot = trace_at(v->slot);
    slot->flags |= SLOT_NESTED;
    arch_local_add(&t->record->nested, v->ticks);
    current->frame = 0;
    current->start = v->outer.start;
    current->slot = v->outer.slot;
    current->call = v->outer.call;
    current->caller = v->outer.caller;
    __atomic_store_n(&current->frame, v->outer.frame, __ATOMIC_RELEASE);
}

/* A wait inside another call is part of that call, and no loop's. */
void guard_wait_begin(struct visit *v)
{
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    if (v->sleeps)
        v->wait = (struct wait_facts){.frame = v->frame, .fd = -1, .may_block = 1};
    v->wait.hub = slot && slot->flags & SLOT_HUB_WAIT;
    v->wait.function = slot ? slot_function(slot) : 0;
    if (!v->nested)
        v->point = turn_enter(v->thread, v->call, v->caller, &v->wait, v->start);
}

void guard_wait_end(struct visit *v, long result)
{
    turn_leave(v->thread, v->point, &v->wait, trace_at(v->slot), v->start, v->start + v->ticks,
               result);
}

int guard_learn(struct visit *v)
{
    struct thread *t = v->thread;
    int saved = errno;
    struct trace_slot *slot = slot_learn(t, v->call, v->caller, v->frame, 0);
    errno = saved;
    if (slot) {
        v->slot = trace_id(slot);
        return 1;
    }
    arch_local_add(&t->record->uncounted, 1);
    trace_lose(TRACE_LOSS_CALLS, 1);
    t->current->frame = v->nested ? v->outer.frame : 0;
    return 0;
}

static void count_up(uint32_t *counter)
{
    *counter += *counter != UINT32_MAX;
}

static int would_have_blocked(int error)
{
    return error == EAGAIN || error == EINPROGRESS || error == EBUSY;
}

static void count_failure(struct visit *v, int error)
{
    struct trace_slot *slot = trace_at(v->slot);
    if (would_have_blocked(error))
        count_up(&slot->again);
    else if (error == EINTR)
        count_up(&slot->interrupted);
    else {
        count_up(&slot->errors);
        slot->last_errno = (uint32_t)error;
    }
}

/* C11 threads: what they say more exactly than "error". */
static int error_of_thread(long result)
{
    switch (result) {
    case thrd_busy:
        return EBUSY;
    case thrd_timedout:
        return ETIMEDOUT;
    case thrd_nomem:
        return ENOMEM;
    default:
        return EINVAL;
    }
}

/* The number of the failure, by the row's convention. */
static int error_of(uint8_t convention, long result, int saved)
{
    switch (convention) {
    case FAIL_MINUS_ONE:
    case FAIL_NULL_POINTER:
        return saved;
    case FAIL_NONZERO_ERROR:
        return (int)result;
    case FAIL_NONZERO_EAI:
        return (int)-result;
    case FAIL_NONZERO_THRD:
        return error_of_thread(result);
    case FAIL_REMAINING:
        return EINTR;
    default:
        return 0;
    }
}

int guard_erred(const struct visit *v, int failed, long result)
{
    int error = failed ? error_of(call_infos[v->call].fail, result, errno) : 0;
    return failed && !would_have_blocked(error) && error != EINTR;
}

static uint32_t find_target(const struct visit *v, int failed, long result)
{
    switch (call_infos[v->call].fd) {
    case CALLFD_OPENS:
        return failed ? 0 : target_of((int)result);
    case CALLFD_CLOSES:
    case CALLFD_STREAM_CLOSES:
        return v->target;
    case CALLFD_STREAM1:
    case CALLFD_STREAM2:
    case CALLFD_STREAM3:
    case CALLFD_STREAM4:
    case CALLFD_STREAM5:
        return v->address ? target_of(((const FILE *)v->address)->_fileno) : 0;
    case CALLFD_DIRECTORY:
        return v->address ? target_of(dirfd((DIR *)v->address)) : 0;
    case CALLFD_CONNECTS:
        return target_of_address(v->fd, v->address, v->length);
    case CALLFD_SET:
        /* The set may be read now that the kernel has read it. */
        return !failed && v->length == 1 ? target_of(((const struct pollfd *)v->address)->fd) : 0;
    default:
        return target_of(v->fd);
    }
}

uint32_t guard_target(const struct visit *v)
{
    return find_target(v, 1, 0);
}

static int is_unbounded(const struct visit *v)
{
    switch (call_infos[v->call].blocks) {
    case BLOCKS_READY:
        return v->wait.unbounded;
    case BLOCKS_DATA:
        return v->fd >= 0 && target_unbounded(v->fd);
    default:
        return 0;
    }
}

static void note_target(struct trace_slot *slot, uint32_t target)
{
    if (!target)
        return;
    if (slot->target && slot->target != target)
        slot->flags |= SLOT_MANY_TARGETS;
    slot->target = target;
}

/* The lock that is not held during the call: the one it waited for, the mutex that a condition's
 * wait gave back. */
static const void *released(const struct visit *v)
{
    switch (call_infos[v->call].fd) {
    case CALLFD_MUTEX:
    case CALLFD_READ:
    case CALLFD_WRITE:
    case CALLFD_RELEASES:
        return v->address;
    default:
        return NULL;
    }
}

static void count_blocked(struct visit *v, int failed, int error, long result)
{
    struct thread *t = v->thread;
    struct trace_slot *slot = trace_at(v->slot);
    uint32_t target = find_target(v, failed, result);
    slot->blocked++;
    slot->blocked_ticks += v->ticks;
    if (is_unbounded(v))
        count_up(&slot->no_timeout);
    note_target(slot, target);
    if (lock_holds(t->record))
        lock_note_held(t, slot, released(v), v->ticks);
    /* A loop's own idle wait is its rest, not an event: it would push all others out of the ring.
     */
    if (v->point && v->point == t->turns.loop)
        return;
    green_blocked(t, v->ticks);
    struct trace_event event = {.start = v->start,
                                .ticks = v->ticks,
                                .result = result,
                                .context = slot->context,
                                .target = target,
                                .pid = t->record->pid,
                                .tid = t->record->tid,
                                .call = v->call,
                                .error = (uint16_t)error,
                                .route = handoff_self.outcome.route,
                                .reason = handoff_self.outcome.reason,
                                .flags = v->nested,
                                .greenlet = t->green.number,
                                .slot = trace_id(slot)};
    trace_event(&event);
}

void guard_slow(struct visit *v, int failed, long result)
{
    struct thread *t = v->thread;
    struct trace_slot *slot = trace_at(v->slot);
    int saved = errno;
    int error = failed ? error_of(call_infos[v->call].fail, result, saved) : 0;
    if (failed)
        count_failure(v, error);
    if (v->ticks >= thread_threshold)
        count_blocked(v, failed, error, result);
    else if (failed && !slot->target && (error == EAGAIN || error == EINPROGRESS))
        note_target(slot, find_target(v, failed, result));
    if (failed)
        pending_failed(v, error);
    if (guard_check_due(slot))
        slot_check(t, v->caller, v->frame, slot, v->nested);
    thread_sample(t, v->start + v->ticks, 0);
    errno = saved;
}

void guard_enter_far(struct visit *v, uint16_t call, void *caller, void *frame)
{
    guard_enter(v, call, caller, frame);
}

void guard_begin_far(struct visit *v, int waits)
{
    guard_begin(v, waits);
}

void guard_leave_far(struct visit *v, int waits, int failed, long result)
{
    guard_leave(v, waits, failed, result);
}

void guard_leave_parked(struct visit *v, uint64_t parked, int failed, long result)
{
    struct thread *t = v->thread;
    if (!t || !t->epoch)
        return;
    uint64_t end = clock_now();
    v->ticks = end > v->start ? end - v->start : 0;
    v->point = NULL;
    if (!v->slot && !guard_learn(v))
        return;
    struct trace_slot *slot = trace_at(v->slot);
    uint64_t own = v->ticks > parked ? v->ticks - parked : 0;
    guard_count(slot, v->start, v->ticks);
    t->current->frame = 0;
    arch_local_add(&t->record->explained, own);
    if (t->turns.number)
        turn_count(&t->turns, slot, v->slot, v->fd, own);
    if (t->pending.live && v->fd >= 0 && !failed)
        pending_succeeded(v);
    if (v->ticks >= thread_threshold || failed || guard_check_due(slot))
        guard_slow(v, failed, result);
}
