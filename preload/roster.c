/* SPDX-License-Identifier: MIT
 *
 * See roster.h. An entry is one word, id and record together, so that it is never read half.
 */
#include "roster.h"

#include "trace.h"

#include <string.h>

enum { ROSTER = 4096, PROBES = 64 };

#define LEFT 1u /* an entry that was in use: what was added behind it is still found */

static uint64_t roster[ROSTER];

static uint64_t entry_of(int32_t tid, const struct trace_thread *record)
{
    return (uint64_t)(uint32_t)tid << 32 | trace_id(record);
}

static uint64_t *place(int32_t tid, unsigned probe)
{
    return &roster[((uint32_t)tid + probe) % ROSTER];
}

/* The record if the entry still tells the truth. */
static const struct trace_thread *record_of(uint64_t entry)
{
    const struct trace_thread *record = entry > LEFT ? trace_at((uint32_t)entry) : NULL;
    return record && record->head.type == RECORD_THREAD && (uint32_t)record->tid == entry >> 32
               ? record
               : NULL;
}

void roster_add(int32_t tid, const struct trace_thread *record)
{
    for (unsigned probe = 0; probe < PROBES; probe++) {
        uint64_t *at = place(tid, probe);
        uint64_t old = __atomic_load_n(at, __ATOMIC_RELAXED);
        if (old <= LEFT && __atomic_compare_exchange_n(at, &old, entry_of(tid, record), 0,
                                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return;
    }
}

void roster_remove(int32_t tid, const struct trace_thread *record)
{
    for (unsigned probe = 0; probe < PROBES; probe++) {
        uint64_t expected = entry_of(tid, record);
        if (__atomic_compare_exchange_n(place(tid, probe), &expected, LEFT, 0, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            !expected)
            return;
    }
}

const struct trace_thread *roster_find(int32_t tid)
{
    for (unsigned probe = 0; probe < PROBES; probe++) {
        uint64_t entry = __atomic_load_n(place(tid, probe), __ATOMIC_ACQUIRE);
        if (!entry)
            return NULL;
        if (entry >> 32 == (uint32_t)tid)
            return record_of(entry);
    }
    return NULL;
}

const struct trace_thread *
roster_each(unsigned most, int (*visit)(const struct trace_thread *, void *), void *data)
{
    for (unsigned i = 0; most && i < ROSTER; i++) {
        const struct trace_thread *record =
            record_of(__atomic_load_n(&roster[i], __ATOMIC_ACQUIRE));
        if (!record)
            continue;
        if (visit(record, data))
            return record;
        most--;
    }
    return NULL;
}

void roster_forget(void)
{
    memset(roster, 0, sizeof roster);
}
