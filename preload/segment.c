/* SPDX-License-Identifier: MIT
 *
 * See segment.h.
 */
#include "segment.h"

#include "arch_x86_64.h"
#include "trace.h"

enum { CHUNK_CELLS = TRACE_CHUNK / TRACE_CELL };

/* A chunk that an ended thread or child gave back, emptied; NULL if there is none or somebody else
 * is at the list: then a new one serves. One takes at a time, so that nobody's chunk comes back
 * between its two steps; whoever gives back asks nobody. */
static struct trace_chunk *chunk_reuse(void)
{
    struct trace_header *h = trace_file;
    uint32_t first = __atomic_load_n(&h->free_chunk, __ATOMIC_RELAXED);
    if (!first || !trace_enter_shared(&h->lock))
        return NULL;
    first = __atomic_load_n(&h->free_chunk, __ATOMIC_ACQUIRE);
    while (first && trace_is_here(first) &&
           !__atomic_compare_exchange_n(&h->free_chunk, &first, trace_chunk_at(first)->previous, 0,
                                        __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
        ;
    trace_leave_shared(&h->lock);
    if (!first || !trace_is_here(first))
        return NULL;
    struct trace_chunk *chunk = trace_chunk_at(first);
    arch_zero(chunk, TRACE_CHUNK);
    chunk->used = 1;
    return chunk;
}

static struct trace_chunk *chunk_claim(struct segment *s)
{
    struct trace_chunk *chunk = chunk_reuse();
    if (!chunk && !(chunk = trace_chunk_new()))
        return NULL;
    chunk->pid = s->pid;
    chunk->tid = s->tid;
    chunk->start = s->start;
    struct trace_chunk *before = s->chunk;
    do
        chunk->previous = before ? trace_chunk_number(before) : 0;
    while (!__atomic_compare_exchange_n(&s->chunk, &before, chunk, 0, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
    __atomic_store_n(&chunk->kind, TRACE_CHUNK_THREAD, __ATOMIC_RELEASE);
    return chunk;
}

struct trace_record *segment_new(struct segment *s, size_t bytes)
{
    uint32_t cells = trace_cells(bytes);
    struct trace_chunk *chunk = s->chunk;
    while (chunk) {
        if (chunk->used + cells > CHUNK_CELLS && !(chunk = chunk_claim(s)))
            break;
        uint32_t cell = arch_local_fetch_add(&chunk->used, cells);
        if (cell + cells <= CHUNK_CELLS) {
            struct trace_record *record = (void *)((char *)chunk + (size_t)cell * TRACE_CELL);
            trace_pend(record, cells);
            return record;
        }
        /* a signal handler took the rest in between */
        arch_local_fetch_add(&chunk->used, -cells);
    }
    return NULL;
}

struct trace_thread *segment_open(struct segment *s, int pid, int tid, uint64_t start)
{
    *s = (struct segment){.pid = pid, .tid = tid, .start = start};
    if (!chunk_claim(s))
        return NULL;
    struct trace_thread *record = (void *)segment_new(s, sizeof *record);
    record->pid = pid;
    record->tid = tid;
    record->start = start;
    return record;
}

struct trace_record *segment_each(const struct segment *s, uint16_t type,
                                  int (*visit)(struct trace_record *, void *), void *data)
{
    for (struct trace_chunk *c = s->chunk; c; c = c->previous ? trace_chunk_at(c->previous) : NULL)
        for (uint32_t cell = 1; cell < c->used && cell < CHUNK_CELLS;) {
            struct trace_record *r = (void *)((char *)c + (size_t)cell * TRACE_CELL);
            if (r->type == type && visit(r, data))
                return r;
            cell += r->cells ? r->cells : 1;
        }
    return NULL;
}

void segment_release(struct segment *s)
{
    struct trace_header *h = trace_file;
    for (struct trace_chunk *chunk = s->chunk, *previous; chunk; chunk = previous) {
        previous = chunk->previous ? trace_chunk_at(chunk->previous) : NULL;
        __atomic_store_n(&chunk->kind, TRACE_CHUNK_FREE, __ATOMIC_RELEASE);
        uint32_t first = __atomic_load_n(&h->free_chunk, __ATOMIC_RELAXED);
        do
            chunk->previous = first;
        while (!__atomic_compare_exchange_n(&h->free_chunk, &first, trace_chunk_number(chunk), 0,
                                            __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    }
    s->chunk = NULL;
}
