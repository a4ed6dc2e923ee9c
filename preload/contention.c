/* SPDX-License-Identifier: MIT
 *
 * See contention.h. Records are found again through lists in the thread's private state, which a
 * fork child finds empty.
 */
#include "contention.h"

#include "arch_x86_64.h"
#include "thread.h"
#include "trace.h"

int contention_same(const struct trace_lock *a, const struct trace_lock *b)
{
    return a->head.aux == b->head.aux && a->context == b->context && a->call == b->call &&
           a->holder == b->holder && a->frame == b->frame &&
           a->holder_context == b->holder_context && a->holder_call == b->holder_call;
}

static uint32_t *list_of(struct thread *t, const struct trace_lock *fact)
{
    uint64_t h = (fact->frame ^ (uint64_t)fact->context << 20 ^ (uint64_t)fact->holder_context) *
                 0x9e3779b97f4a7c15u;
    return &t->lock_list[h >> 32 & (THREAD_LOCK_LISTS - 1)];
}

static struct trace_lock *record_new(struct thread *t, const struct trace_lock *fact,
                                     uint32_t *list)
{
    struct trace_lock *record =
        trace_tight() ? NULL : (void *)segment_new(&t->segment, sizeof *record);
    if (!record) {
        trace_lose(TRACE_LOSS_LOCKS, 1);
        return NULL;
    }
    record->head.aux = fact->head.aux;
    record->context = fact->context;
    record->call = fact->call;
    record->holder = fact->holder;
    record->frame = fact->frame;
    record->holder_context = fact->holder_context;
    record->holder_call = fact->holder_call;
    record->next = *list;
    trace_commit(&record->head, RECORD_LOCK);
    *list = trace_id(record);
    return record;
}

static struct trace_lock *record_find(const struct trace_lock *fact, uint32_t first)
{
    struct trace_lock *record;
    for (uint32_t id = first; id; id = record->next) {
        record = trace_at(id);
        if (contention_same(record, fact))
            return record;
    }
    return NULL;
}

void contention_add(struct thread *t, const struct trace_lock *fact, uint64_t ticks)
{
    uint32_t *list = list_of(t, fact);
    struct trace_lock *record = record_find(fact, *list);
    if (!record && !(record = record_new(t, fact, list)))
        return;
    arch_local_add(&record->count, 1);
    arch_local_add(&record->ticks, ticks);
    if (ticks > record->max)
        record->max = ticks;
}
