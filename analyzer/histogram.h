/* SPDX-License-Identifier: MIT
 *
 * Latency histograms in ticks, as the trace keeps them: merging, completing buckets that reached
 * their top, and quantiles with interpolation inside a bucket.
 */
#ifndef SHUNT_HISTOGRAM_H
#define SHUNT_HISTOGRAM_H

#include "trace_format.h"

struct histogram {
    uint64_t bucket[TRACE_BUCKETS];
    uint64_t count; /* sum of the buckets */
};

/* Adds a record. `exact` is the number of calls its slots counted: what a bucket at its top lacks
 * is added to it. Without a bucket at its top, a difference means that the process was still
 * counting, and the buckets are taken as they are. */
void histogram_add(struct histogram *sum, const struct trace_histogram *record, uint64_t exact);

/* Adds a sum to another. */
void histogram_merge(struct histogram *sum, const struct histogram *other);

/* Ticks below which the share `q` (0..1) of the values lies; at most `max`, the longest value known
 * exactly (0: not known). 0 when empty. */
double histogram_quantile(const struct histogram *histogram, double q, uint64_t max);

/* Ticks below which all values lie, but for the last bucket's; 0 when empty. */
uint64_t histogram_top(const struct histogram *histogram);

#endif
