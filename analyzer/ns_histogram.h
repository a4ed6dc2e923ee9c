/* SPDX-License-Identifier: MIT
 *
 * Latencies of several traces in one measure: the ticks of two runs may be of different length, so
 * their histograms are laid out anew over nanoseconds before they are added up or compared. The
 * buckets are the trace's own, counted in eighths of a nanosecond.
 */
#ifndef SHUNT_NS_HISTOGRAM_H
#define SHUNT_NS_HISTOGRAM_H

#include "histogram.h"

/* Adds a histogram of ticks. A bucket that lies over several of nanoseconds is divided among them
 * by their share of it; no count is lost. */
void ns_histogram_add(struct histogram *sum, const struct histogram *ticks, double ns_per_tick);

/* Adds one of nanoseconds. */
void ns_histogram_sum(struct histogram *sum, const struct histogram *more);

/* Nanoseconds below which the share `q` (0..1) lies; at most `max_ns`, if that is not 0. */
double ns_histogram_quantile(const struct histogram *histogram, double q, uint64_t max_ns);

#endif
