/* SPDX-License-Identifier: MIT
 *
 * See segment.h.
 */
#include "segment.h"

#include "arch_x86_64.h"
#include "trace.h"

enum { CHUNK_CELLS = TRACE_CHUNK / TRACE_CELL };

/* A chunk that an ended thread or child gave back, emptied; NULL if there is none or somebody else
 * is at the list: then a new one serves. */
static struct trace_chunk *chunk_reuse(void)
{
    struct trace_header *h = trace_file;
    struct trace_chunk *chunk = NULL;
    if (!__atomic_load_n(&h->free_chunk, __ATOMIC_RELAXED) || !trace_enter_shared())
        return NULL;
    if (h->free_chunk && trace_is_here(h->free_chunk)) {
        chunk = trace_chunk_at(h->free_chunk);
        __atomic_store_n(&h->free_chunk, chunk->previous, __ATOMIC_RELAXED);
    }
    trace_leave_shared();
    if (!chunk)
        return NULL;
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
    int shared = trace_enter_shared();
    for (struct trace_chunk *chunk = s->chunk, *previous; chunk; chunk = previous) {
        previous = chunk->previous ? trace_chunk_at(chunk->previous) : NULL;
        __atomic_store_n(&chunk->kind, TRACE_CHUNK_FREE, __ATOMIC_RELEASE);
        if (shared) {
            chunk->previous = h->free_chunk;
            __atomic_store_n(&h->free_chunk, trace_chunk_number(chunk), __ATOMIC_RELAXED);
        }
    }
    s->chunk = NULL;
    if (shared)
        trace_leave_shared();
}
