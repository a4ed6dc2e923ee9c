/* SPDX-License-Identifier: MIT
 *
 * See ns_histogram.h.
 */
#include "ns_histogram.h"

#include <stdbool.h>

#define UNITS 8.0 /* to the nanosecond */

static uint64_t unit_of(double value)
{
    return value >= 1.8e19 ? UINT64_MAX : (uint64_t)value;
}

/* `count` values spread evenly from `start` to `end`, in units. Rounded as they run, so that the
 * parts add up to the whole. */
static void spread(struct histogram *sum, double start, double end, uint64_t count)
{
    uint32_t bucket = trace_bucket_of(unit_of(start));
    uint64_t given = 0;
    for (; given < count; bucket++) {
        double here = (double)trace_bucket_start(bucket + 1);
        bool last = bucket + 1 >= TRACE_BUCKETS || here >= end;
        double part = last ? 1 : (here - start) / (end - start);
        uint64_t until = last ? count : (uint64_t)(part * (double)count + 0.5);
        sum->bucket[bucket] += until - given;
        given = until;
    }
    sum->count += count;
}

void ns_histogram_add(struct histogram *sum, const struct histogram *ticks, double ns_per_tick)
{
    double scale = ns_per_tick * UNITS;
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++)
        if (ticks->bucket[i])
            spread(sum, (double)trace_bucket_start(i) * scale,
                   (double)trace_bucket_start(i + 1) * scale, ticks->bucket[i]);
}

void ns_histogram_sum(struct histogram *sum, const struct histogram *more)
{
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++)
        sum->bucket[i] += more->bucket[i];
    sum->count += more->count;
}

double ns_histogram_quantile(const struct histogram *histogram, double q, uint64_t max_ns)
{
    return histogram_quantile(histogram, q, (uint64_t)((double)max_ns * UNITS)) / UNITS;
}
