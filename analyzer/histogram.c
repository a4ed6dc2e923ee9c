/* SPDX-License-Identifier: MIT
 *
 * See histogram.h.
 */
#include "histogram.h"

#define BUCKET_TOP UINT32_MAX

void histogram_add(struct histogram *sum, const struct trace_histogram *record, uint64_t exact)
{
    uint64_t seen = 0;
    uint32_t full = TRACE_BUCKETS;
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++) {
        seen += record->bucket[i];
        sum->bucket[i] += record->bucket[i];
        if (record->bucket[i] == BUCKET_TOP && full == TRACE_BUCKETS)
            full = i;
    }
    if (full < TRACE_BUCKETS && exact > seen) {
        sum->bucket[full] += exact - seen;
        seen = exact;
    }
    sum->count += seen;
}

void histogram_merge(struct histogram *sum, const struct histogram *other)
{
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++)
        sum->bucket[i] += other->bucket[i];
    sum->count += other->count;
}

double histogram_quantile(const struct histogram *histogram, double q, uint64_t max)
{
    if (histogram->count == 0)
        return 0;
    double rank = q * (double)histogram->count;
    double below = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++) {
        double here = (double)histogram->bucket[i];
        if (here == 0)
            continue;
        last = i;
        if (below + here >= rank) {
            double start = (double)trace_bucket_start(i);
            double end = i + 1 < TRACE_BUCKETS ? (double)trace_bucket_start(i + 1) : (double)max;
            if (max && end > (double)max)
                end = (double)max;
            double value = start + (end - start) * (rank - below) / here;
            return end > start ? value : start;
        }
        below += here;
    }
    return (double)trace_bucket_start(last);
}

uint64_t histogram_top(const struct histogram *histogram)
{
    uint32_t last = TRACE_BUCKETS - 1;
    while (last && histogram->bucket[last] == 0)
        last--;
    if (histogram->bucket[last] == 0)
        return 0;
    return trace_bucket_start(last + 1 < TRACE_BUCKETS ? last + 1 : last);
}
