/* SPDX-License-Identifier: MIT
 *
 * The event ring: the latest calls that blocked, of all threads. Its chunks stand at the front of
 * the file and are committed when the head first reaches them.
 */
#include "trace.h"

enum { CHUNK_EVENTS = TRACE_CHUNK / sizeof(struct trace_event) - 1 };

/* The first lap commits the chunks one after the other; from then on all are there. A fork child
 * starts with its parent's knowledge and at worst commits a chunk again, which changes nothing. */
static struct trace_chunk *ring_chunk(uint32_t index)
{
    static uint32_t committed;
    uint32_t next = __atomic_load_n(&committed, __ATOMIC_ACQUIRE);
    while (index >= next) {
        if (trace_ring_commit(next))
            return NULL;
        if (__atomic_compare_exchange_n(&committed, &next, next + 1, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            next++;
    }
    return trace_chunk_at(index + 1);
}

void trace_event(const struct trace_event *event)
{
    struct trace_header *h = trace_file;
    uint64_t number = __atomic_fetch_add(&h->ring_head, 1, __ATOMIC_RELAXED);
    uint64_t place = number % ((uint64_t)h->ring_chunks * CHUNK_EVENTS);
    struct trace_chunk *chunk = ring_chunk((uint32_t)(place / CHUNK_EVENTS));
    if (!chunk) {
        trace_lose(TRACE_LOSS_EVENTS, 1);
        return;
    }
    struct trace_event *entry = (struct trace_event *)(chunk + 1) + place % CHUNK_EVENTS;
    /* Each store is ordered after the one that takes the entry out of use. */
    __atomic_store_n(&entry->seq, 0, __ATOMIC_RELAXED);
    uint64_t *to = (uint64_t *)entry;
    const uint64_t *from = (const uint64_t *)event;
    for (unsigned i = 1; i < sizeof *event / sizeof *to; i++)
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELEASE);
    __atomic_store_n(&entry->seq, number + 1, __ATOMIC_RELEASE);
}
