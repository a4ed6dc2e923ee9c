/* SPDX-License-Identifier: MIT
 *
 * What stands around every intercepted call: guard_enter and guard_begin before it, guard_leave
 * after it. This is the call path: no lock, no allocation, no system call, errno untouched; what
 * takes longer is in guard.c.
 *
 * A call made while another of the same thread is in progress is nested (a signal handler's, or
 * libc's own modules'). It is told by the published record: the outer wrapper's frame lies above. A
 * record whose frame lies below is stale, left by a handler that jumped out, and is replaced.
 */
#ifndef SHUNT_GUARD_H
#define SHUNT_GUARD_H

#include "clock.h"
#include "pending.h"
#include "python.h"
#include "slot.h"
#include "thread.h"
#include "trace.h"

struct visit {
    struct thread *thread; /* NULL: this call is not observed */
    uint64_t start;
    uint64_t ticks;
    uintptr_t caller;
    uintptr_t frame;
    struct turn_point *point;   /* a wait; NULL: none */
    struct wait_facts wait;     /* poll family */
    struct trace_current outer; /* nested: the record to put back */
    const void *address;        /* connect: the peer; poll: the set; read after the call has. Not
                                   read: what a lock's or a condition's wait does not hold */
    uint32_t length;            /* of it */
    uint32_t slot;              /* record id; 0: its chain is not known yet */
    uint32_t target;            /* close: string id, looked up before the call */
    int32_t fd;                 /* -1: none */
    uint16_t call;
    uint8_t nested;
    uint8_t sleeps; /* a hub's wait, in a call that is none of the poll family */
};

#define GUARD_INLINE static inline __attribute__((always_inline))

/* Out of line; see guard.c. */
void guard_nest(struct visit *v);
void guard_unnest(struct visit *v);
void guard_wait_begin(struct visit *v);
void guard_wait_end(struct visit *v, long result);
int guard_learn(struct visit *v);
void guard_slow(struct visit *v, int failed, long result);

/* Fills the visit of a thread that has no room: its call may be routed in spite of that. */
void guard_unobserved(struct visit *v, void *caller, void *frame);

/* String id of the target of a call that is about to be made; 0: none, or it cannot be told yet. */
uint32_t guard_target(const struct visit *v);

/* Counts the calls that came before the library was ready, without chains. Constructor only. */
void guard_count_early(void);

GUARD_INLINE const struct memo_node *guard_child(const struct thread *t,
                                                 const struct memo_node *node)
{
    if (__builtin_expect(node->child >= MEMO_PLAIN, 1))
        return node + 1;
    return node->child ? &t->arena[node->child - 1].node : NULL;
}

GUARD_INLINE const struct memo_node *guard_sibling(const struct thread *t,
                                                   const struct memo_node *node)
{
    return node->sibling ? &t->arena[node->sibling - 1].node : NULL;
}

/* Where the function's frame pointer says that its frame ends; 0 if it cannot be one. */
GUARD_INLINE uintptr_t guard_told(const struct memo_node *node, uintptr_t end, uintptr_t high)
{
    uintptr_t pointer = *(const uintptr_t *)(end + (uintptr_t)(intptr_t)node->saved);
    if (!node->kept)
        return pointer + ARCH_FRAME_END;
    if (pointer < end || pointer >= high || pointer % sizeof(void *))
        return 0;
    return *(const uintptr_t *)(pointer + (uintptr_t)(intptr_t)node->kept);
}

/* Where the frame ends that `node` says comes next above `end`, 0 if another comes. Nothing is read
 * above `high`, the known end of the stack. */
GUARD_INLINE uintptr_t guard_follow(const struct memo_node *node, uintptr_t end, uintptr_t high)
{
    uintptr_t next = end + node->size;
    if (node->saved) {
        uintptr_t told = guard_told(node, end, high);
        if (__builtin_expect(told != next, 0)) {
            if (told <= end || told % sizeof(void *))
                return 0;
            next = told;
        }
    }
    if (__builtin_expect(next > high, 0))
        return 0;
    return *(const uintptr_t *)(next - sizeof(void *)) == node->value ? next : 0;
}

/* Along nodes of which each lies behind the other and has a frame of one size: as guard_child and
 * guard_follow, with less to ask. Moves *end to the end of the last that agrees, which is returned.
 */
GUARD_INLINE const struct memo_node *guard_run(const struct memo_node *node, uintptr_t *end,
                                               uintptr_t high)
{
    while (node->child == MEMO_PLAIN) {
        uintptr_t next = *end + node[1].size;
        if (next > high || *(const uintptr_t *)(next - sizeof(void *)) != node[1].value)
            break;
        *end = next;
        node++;
    }
    return node;
}

/* The last node that agrees with the chain, NULL if none does. Words are read in order from the
 * innermost frame outward. */
GUARD_INLINE const struct memo_node *guard_find(struct thread *t, uint16_t call, uintptr_t caller,
                                                uintptr_t frame)
{
    if (__builtin_expect(frame - t->stack.low >= t->stack.high - t->stack.low, 0) &&
        !memo_switch_stack(t, frame))
        return NULL;
    uint32_t root = t->root[memo_root(caller)];
    const struct memo_node *node = root ? &t->arena[root - 1].node : NULL;
    while (node && (node->value != caller || node->size != call))
        node = guard_sibling(t, node);
    if (!node)
        return NULL;
    uintptr_t high = t->stack.high, end = frame;
    node = guard_run(node, &end, high);
    for (const struct memo_node *next = guard_child(t, node); next;) {
        uintptr_t above = guard_follow(next, end, high);
        if (__builtin_expect(above != 0, 1)) {
            end = above;
            node = guard_run(next, &end, high);
            next = guard_child(t, node);
        } else {
            next = guard_sibling(t, next);
        }
    }
    return node;
}

GUARD_INLINE void guard_enter(struct visit *v, uint16_t call, void *caller, void *frame)
{
    struct thread *t = thread_self;
    v->fd = -1;
    v->call = call;
    if (__builtin_expect(t->epoch != observe_epoch, 0) && !(t = thread_refresh())) {
        guard_unobserved(v, caller, frame);
        return;
    }
    v->thread = t;
    v->nested = 0;
    v->sleeps = 0;
    v->point = NULL;
    v->caller = (uintptr_t)caller;
    v->frame = (uintptr_t)frame;
    const struct memo_node *node = guard_find(t, call, v->caller, v->frame);
    v->slot = node ? node->slot : 0;
    if (__builtin_expect(python_found, 0))
        python_enter(v, node);
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
    current->slot = v->slot;
    if (__builtin_expect(!v->slot, 0)) {
        current->call = v->call;
        current->caller = v->caller;
    }
    v->start = clock_now();
    current->start = v->start;
    __atomic_store_n(&current->frame, v->frame, __ATOMIC_RELEASE);
    if (waits || __builtin_expect(v->sleeps, 0))
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

/* One answer of the memo in 1,024 is checked against a real unwind. */
GUARD_INLINE int guard_check_due(const struct trace_slot *slot)
{
    return (slot->count & 1023) == 0;
}

/* Counts the call. `failed` says what the row's failure convention says; errno is as the call left
 * it, and stays. */
GUARD_INLINE void guard_leave(struct visit *v, int waits, int failed, long result)
{
    struct thread *t = v->thread;
    if (__builtin_expect(!t, 0))
        return;
    uint64_t end = clock_now();
    /* A handler forked during the call, or the call was a raw clone, and this is the child: its
     * parent counts the call. */
    if (__builtin_expect(!t->epoch, 0))
        return;
    uint64_t ticks = end > v->start ? end - v->start : 0;
    v->ticks = ticks;
    if (__builtin_expect(!v->slot, 0) && !guard_learn(v))
        return;
    struct trace_slot *slot = trace_at(v->slot);
    guard_count(slot, v->start, ticks);
    if (__builtin_expect(v->nested, 0)) {
        guard_unnest(v);
    } else {
        t->current->frame = 0;
        arch_local_add(&t->record->explained, ticks);
        if (t->turns.number)
            turn_count(&t->turns, slot, v->slot, v->fd, ticks);
    }
    if (__builtin_expect(v->point != NULL, waits))
        guard_wait_end(v, result);
    if (__builtin_expect(t->pending.live && v->fd >= 0 && !failed, 0))
        pending_succeeded(v);
    if (__builtin_expect(ticks >= thread_threshold || failed || guard_check_due(slot), 0))
        guard_slow(v, failed, result);
}

/* Does a slot count it as an error? errno is as the call left it. */
int guard_erred(const struct visit *v, int failed, long result);

/* The same three, out of line: see PACE in wrapper.h. */
void guard_enter_far(struct visit *v, uint16_t call, void *caller, void *frame);
void guard_begin_far(struct visit *v, int waits);
void guard_leave_far(struct visit *v, int waits, int failed, long result);

/* guard_leave for a call during which others of its thread ran for `parked` ticks: to its thread it
 * is as long as the rest, and no wait of a loop. */
void guard_leave_parked(struct visit *v, uint64_t parked, int failed, long result);

#endif
