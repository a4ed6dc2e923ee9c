/* SPDX-License-Identifier: MIT
 *
 * The statistics of comparisons: are two sets of figures different, and how sure is that? Rank
 * tests throughout, for latencies have no bell shape. They ask whether figures differ and never
 * why: calls of one run are not independent of each other, and a busy machine shifts them all. What
 * may be claimed from them is diff_judge's business.
 */
#ifndef SHUNT_STATS_H
#define SHUNT_STATS_H

#include <stdint.h>

struct stats_rank {
    double z;       /* positive: b is larger; 0 when nothing can be said */
    double p;       /* two-sided; 1 when nothing can be said */
    double b_above; /* share of pairs (one of a, one of b) in which b is larger, ties by halves */
};

/* Mann-Whitney's test on two histograms with the same buckets, values in one bucket tied; normal
 * approximation with tie correction and without continuity correction. Meant for 20 values a side
 * or more. */
struct stats_rank stats_rank_buckets(const uint64_t *a, const uint64_t *b, unsigned buckets);

#define STATS_EXACT_MOST 40u /* values of both sides together */

/* Mann-Whitney's test on a few values, ties allowed: its two-sided p over all ways to divide them.
 * 1 for an empty side, and above STATS_EXACT_MOST values. */
double stats_rank_exact(const double *a, unsigned a_count, const double *b, unsigned b_count);

/* Benjamini and Hochberg: turns p values into the rates of false discoveries at which each would be
 * among the discoveries. In place, in any order. */
void stats_false_discovery(double *p, unsigned count);

/* Sorts the values; 0 of none. */
double stats_median(double *values, unsigned count);

/* A confidence interval of the median from order statistics: with the values sorted, from index
 * *low to index *high. Returns its confidence: the least that is at least `wanted` (0..1), or that
 * of the smallest and largest value where so few values cannot reach it. count at least 1. */
double stats_median_interval(unsigned count, double wanted, unsigned *low, unsigned *high);

#endif
