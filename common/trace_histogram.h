/* SPDX-License-Identifier: MIT
 *
 * Latencies: which bucket a time belongs to, and the record that counts them.
 */
#ifndef SHUNT_TRACE_HISTOGRAM_H
#define SHUNT_TRACE_HISTOGRAM_H

#include "trace_record.h"

#include <stdint.h>

/* Log-linear buckets of ticks: bucket 0 is below 64; above it each power of two is split in 8. The
 * last bucket takes all that is longer. A bucket that reached its top stays there: what is missing
 * to the slots' exact count belongs to it. */
#define TRACE_BUCKETS         314u
#define TRACE_BUCKET_MIN_LOG2 6u
#define TRACE_BUCKET_SUB_LOG2 3u

static inline uint32_t trace_bucket_of(uint64_t ticks)
{
    if (ticks < (1ull << TRACE_BUCKET_MIN_LOG2))
        return 0;
    uint32_t log2 = 63u - (uint32_t)__builtin_clzll(ticks);
    uint32_t sub = (uint32_t)(ticks >> (log2 - TRACE_BUCKET_SUB_LOG2)) & 7u;
    uint32_t index = 1u + ((log2 - TRACE_BUCKET_MIN_LOG2) << TRACE_BUCKET_SUB_LOG2) + sub;
    return index < TRACE_BUCKETS ? index : TRACE_BUCKETS - 1u;
}

/* Smallest value of a bucket; the bucket ends where the next begins. index <= TRACE_BUCKETS. */
static inline uint64_t trace_bucket_start(uint32_t index)
{
    if (index == 0)
        return 0;
    uint32_t log2 = TRACE_BUCKET_MIN_LOG2 + ((index - 1u) >> TRACE_BUCKET_SUB_LOG2);
    uint64_t sub = (index - 1u) & 7u;
    return (8u + sub) << (log2 - TRACE_BUCKET_SUB_LOG2);
}

struct trace_histogram {
    struct trace_record head;
    uint32_t call;    /* call id */
    uint32_t pyframe; /* record id of a frame of the Python function whose calls it holds; 0: not of
                         Python */
    uint64_t frame;   /* first frame outside libc, as in a context; of one of the calls if it is a
                         Python function's; 0: a loop's stalls */
    uint32_t bucket[TRACE_BUCKETS];
};

_Static_assert(sizeof(struct trace_histogram) == 1280, "histogram record");

#endif
