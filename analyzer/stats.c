/* SPDX-License-Identifier: MIT
 *
 * See stats.h.
 */
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double two_sided(double z)
{
    return erfc(fabs(z) / sqrt(2.0));
}

struct stats_rank stats_rank_buckets(const uint64_t *a, const uint64_t *b, unsigned buckets)
{
    double a_count = 0, b_count = 0, above = 0, ties = 0;
    for (unsigned i = 0; i < buckets; i++) {
        double in_a = (double)a[i], in_b = (double)b[i], tied = in_a + in_b;
        above += in_b * (a_count + in_a / 2);
        ties += tied * tied * tied - tied;
        a_count += in_a;
        b_count += in_b;
    }
    struct stats_rank result = {.p = 1, .b_above = 0.5};
    double all = a_count + b_count;
    if (a_count == 0 || b_count == 0)
        return result;
    result.b_above = above / (a_count * b_count);
    double variance = a_count * b_count / 12 * (all + 1 - ties / (all * (all - 1)));
    if (variance <= 0) /* all values in one bucket */
        return result;
    result.z = (above - a_count * b_count / 2) / sqrt(variance);
    result.p = two_sided(result.z);
    return result;
}

/* ---- a few values ---- */

struct ranked {
    double value;
    unsigned rank2; /* twice the mid-rank: a whole number */
};

static int by_value(const void *x, const void *y)
{
    double a = ((const struct ranked *)x)->value, b = ((const struct ranked *)y)->value;
    return (a > b) - (a < b);
}

static void rank(struct ranked *all, unsigned count)
{
    qsort(all, count, sizeof *all, by_value);
    for (unsigned i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && all[end].value == all[i].value;)
            end++;
        for (unsigned j = i; j < end; j++)
            all[j].rank2 = i + 1 + end;
    }
}

#define SUM2_MOST (STATS_EXACT_MOST * (STATS_EXACT_MOST + 1) + 1)

/* ways[k][s]: in how many ways k of the values have ranks that sum up to s halves. */
static void count_ways(double ways[][SUM2_MOST], const struct ranked *all, unsigned count,
                       unsigned chosen)
{
    ways[0][0] = 1;
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = chosen; k >= 1; k--)
            for (unsigned s = SUM2_MOST - 1; s >= all[i].rank2; s--)
                ways[k][s] += ways[k - 1][s - all[i].rank2];
}

/* The sum of a's ranks, in halves. */
static unsigned sum_of(const struct ranked *all, unsigned count, const double *a, unsigned a_count)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < a_count; i++)
        for (unsigned j = 0; j < count; j++)
            if (all[j].value == a[i]) {
                sum += all[j].rank2;
                break;
            }
    return sum;
}

double stats_rank_exact(const double *a, unsigned a_count, const double *b, unsigned b_count)
{
    unsigned count = a_count + b_count;
    if (a_count == 0 || b_count == 0 || count > STATS_EXACT_MOST)
        return 1;
    struct ranked all[STATS_EXACT_MOST] = {0};
    for (unsigned i = 0; i < count; i++)
        all[i].value = i < a_count ? a[i] : b[i - a_count];
    rank(all, count);
    double(*ways)[SUM2_MOST] = calloc(a_count + 1, sizeof *ways);
    if (!ways)
        return 1;
    count_ways(ways, all, count, a_count);
    unsigned seen = sum_of(all, count, a, a_count), middle2 = a_count * (count + 1);
    unsigned distance = seen > middle2 ? seen - middle2 : middle2 - seen;
    double as_far = 0, total = 0;
    for (unsigned s = 0; s < SUM2_MOST; s++) {
        unsigned here = s > middle2 ? s - middle2 : middle2 - s;
        total += ways[a_count][s];
        as_far += here >= distance ? ways[a_count][s] : 0;
    }
    free(ways);
    return as_far / total;
}

/* ---- several tests ---- */

struct placed {
    double p;
    unsigned at;
};

static int by_p(const void *x, const void *y)
{
    double a = ((const struct placed *)x)->p, b = ((const struct placed *)y)->p;
    return (a > b) - (a < b);
}

void stats_false_discovery(double *p, unsigned count)
{
    struct placed *order = count ? calloc(count, sizeof *order) : NULL;
    if (!order) { /* no memory: claim nothing */
        for (unsigned i = 0; i < count; i++)
            p[i] = 1;
        return;
    }
    for (unsigned i = 0; i < count; i++)
        order[i] = (struct placed){p[i], i};
    qsort(order, count, sizeof *order, by_p);
    double least = 1;
    for (unsigned i = count; i-- > 0;) {
        double rate = order[i].p * count / (i + 1);
        least = rate < least ? rate : least;
        p[order[i].at] = least;
    }
    free(order);
}

/* ---- medians ---- */

static int by_double(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

double stats_median(double *values, unsigned count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, by_double);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* At most k of `count` fair coins show heads. */
static double coins_up_to(unsigned count, unsigned k)
{
    double sum = 0;
    for (unsigned i = 0; i <= k; i++)
        sum +=
            exp(lgamma(count + 1.0) - lgamma(i + 1.0) - lgamma(count - i + 1.0) - count * log(2.0));
    return sum;
}

double stats_median_interval(unsigned count, double wanted, unsigned *low, unsigned *high)
{
    unsigned cut = 0; /* values left off at each end */
    while (2 * (cut + 1) < count && 1 - 2 * coins_up_to(count, cut + 1) >= wanted)
        cut++;
    *low = cut;
    *high = count - 1 - cut;
    double confidence = 1 - 2 * coins_up_to(count, cut);
    return confidence > 0 ? confidence : 0;
}
