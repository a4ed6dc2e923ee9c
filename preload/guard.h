/* SPDX-License-Identifier: MIT
 *
 * What stands around every intercepted call: guard_enter and guard_begin before it, guard_leave after
 * it. This is the call path: no lock, no allocation, no system call, errno untouched; what takes longer
 * is in guard.c.
 *
 * A call made while another of the same thread is in progress is nested (a signal handler's, or libc's
 * own modules'). It is told by the published record: the outer wrapper's frame lies above. A record
 * whose frame lies below is stale, left by a handler that jumped out, and is replaced.
 */
#ifndef SHUNT_GUARD_H
#define SHUNT_GUARD_H

#include "clock.h"
#include "thread.h"
#include "trace.h"

struct visit {
    struct thread *thread; /* NULL: this call is not observed */
    struct trace_slot *slot; /* NULL: its chain is not known yet */
    uint64_t start;
    uint64_t ticks;
    uintptr_t caller;
    uintptr_t frame;
    struct turn_point *point; /* poll family */
    struct wait_facts wait;   /* poll family */
    struct trace_current outer; /* nested: the record to put back */
    const void *address; /* connect: the peer; poll: the set; read after the call has */
    uint32_t length;     /* of it */
    uint32_t target;     /* string id, if it had to be looked up before the call */
    int32_t fd;          /* -1: none */
    uint16_t call;
    uint8_t nested;
};

#define GUARD_INLINE static inline __attribute__((always_inline))

/* Out of line; see guard.c. */
void guard_nest(struct visit *v);
void guard_unnest(struct visit *v);
void guard_wait_begin(struct visit *v);
void guard_wait_end(struct visit *v, long result);
struct trace_slot *guard_learn(struct visit *v);
void guard_slow(struct visit *v, int failed, long result);
void guard_lost(void);
void guard_early(uint16_t call);

/* Counts the calls that came before the library was ready, without chains. Constructor only. */
void guard_count_early(void);

/* The slot of a chain that the memo knows, else NULL. */
GUARD_INLINE struct trace_slot *guard_find(struct thread *t, uint16_t call, uintptr_t caller,
                                           uintptr_t frame)
{
    if (__builtin_expect(frame - t->stack.low >= t->stack.high - t->stack.low, 0) &&
        !memo_switch_stack(t, frame))
        return NULL;
    uint32_t i = t->root[memo_root(caller)];
    const struct memo_node *node = NULL;
    for (; i; i = node->sibling) {
        node = &t->arena[i - 1].node;
        if (node->value == caller && node->offset == call)
            break;
    }
    if (!i)
        return NULL;
    for (i = node->child; i;) {
        const struct memo_node *next = &t->arena[i - 1].node;
        uintptr_t at = frame + next->offset;
        if (at < t->stack.high && *(const uintptr_t *)at == next->value) {
            node = next;
            i = node->child;
        } else {
            i = next->sibling;
        }
    }
    return node->slot ? trace_at(node->slot) : NULL;
}

GUARD_INLINE void guard_enter(struct visit *v, uint16_t call, void *caller, void *frame)
{
    struct thread *t = thread_self;
    v->fd = -1;
    v->call = call;
    if (__builtin_expect(t->epoch != observe_epoch, 0) && !(t = thread_refresh())) {
        v->thread = NULL;
        guard_early(call);
        return;
    }
    v->thread = t;
    v->target = 0;
    v->address = NULL;
    v->nested = 0;
    v->caller = (uintptr_t)caller;
    v->frame = (uintptr_t)frame;
    v->slot = guard_find(t, call, v->caller, v->frame);
}

/* Publishes the call and takes the time; `waits` is 1 for the poll family. */
GUARD_INLINE void guard_begin(struct visit *v, int waits)
{
    struct thread *t = v->thread;
    if (__builtin_expect(!t, 0))
        return;
    struct trace_current *current = t->current;
    if (__builtin_expect(current->frame != 0, 0))
        guard_nest(v);
    current->slot = v->slot ? trace_id(v->slot) : 0;
    current->call = v->call;
    current->caller = v->caller;
    v->start = clock_now();
    current->start = v->start;
    __atomic_store_n(&current->frame, v->frame, __ATOMIC_RELEASE);
    if (waits)
        guard_wait_begin(v);
}

GUARD_INLINE void guard_count(struct trace_slot *slot, uint64_t start, uint64_t ticks)
{
    arch_local_add(&slot->count, 1);
    arch_local_add(&slot->ticks, ticks);
    struct trace_histogram *histogram = trace_at(slot->histogram);
    uint32_t *bucket = &histogram->bucket[trace_bucket_of(ticks)];
    *bucket += *bucket != UINT32_MAX;
    if (ticks > slot->max) {
        slot->max = ticks;
        slot->max_start = start;
    }
}

/* Counts the call. `failed` says what the row's failure convention says; errno is as the call left it,
 * and stays. */
GUARD_INLINE void guard_leave(struct visit *v, int waits, int failed, long result)
{
    struct thread *t = v->thread;
    if (__builtin_expect(!t, 0))
        return;
    uint64_t end = clock_now();
    /* A handler forked during the call, and this is the child: its parent counts the call. */
    if (__builtin_expect(!t->epoch, 0)) {
        guard_lost();
        return;
    }
    uint64_t ticks = end > v->start ? end - v->start : 0;
    v->ticks = ticks;
    struct trace_slot *slot = v->slot;
    if (__builtin_expect(!slot, 0) && !(slot = guard_learn(v)))
        return;
    guard_count(slot, v->start, ticks);
    if (__builtin_expect(v->nested, 0)) {
        guard_unnest(v);
    } else {
        t->current->frame = 0;
        arch_local_add(&t->record->explained, ticks);
        if (t->turns.number)
            turn_count(&t->turns, slot, trace_id(slot), ticks);
    }
    if (waits)
        guard_wait_end(v, result);
    if (__builtin_expect(ticks >= thread_threshold || failed || !--t->until_check, 0))
        guard_slow(v, failed, result);
}

#endif
