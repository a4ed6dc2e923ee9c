/* SPDX-License-Identifier: MIT
 *
 * Statistics against values computed elsewhere (by scipy's mannwhitneyu, by its binomial
 * distribution, and by going through all permutations), and histograms in nanoseconds.
 */
#include "ns_histogram.h"
#include "stats.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>

Test(stats, rank_test_on_buckets)
{
    static const uint64_t a[] = {0, 5, 20, 30, 10, 2, 0}, b[] = {0, 2, 10, 25, 25, 10, 3};
    struct stats_rank rank = stats_rank_buckets(a, b, 7);
    cr_expect_float_eq(rank.b_above, 0.6997014925373134, 1e-12);
    cr_expect_float_eq(rank.p, 1.8450523489172957e-05, 1e-12);
    cr_expect_gt(rank.z, 0);
    struct stats_rank back = stats_rank_buckets(b, a, 7);
    cr_expect_float_eq(back.p, rank.p, 1e-15);
    cr_expect_float_eq(back.z, -rank.z, 1e-12);
}

Test(stats, rank_test_on_heavy_ties)
{
    static const uint64_t a[] = {40, 0, 0}, b[] = {39, 1, 0};
    struct stats_rank rank = stats_rank_buckets(a, b, 3);
    cr_expect_float_eq(rank.b_above, 0.5125, 1e-12);
    cr_expect_float_eq(rank.p, 0.31731050786291415, 1e-10);
}

Test(stats, nothing_to_say_is_p_1)
{
    static const uint64_t none[] = {0, 0}, one[] = {7, 0}, same[] = {10, 10};
    cr_expect_eq(stats_rank_buckets(none, one, 2).p, 1);
    cr_expect_eq(stats_rank_buckets(one, one, 2).p, 1);
    cr_expect_eq(stats_rank_buckets(same, same, 2).p, 1);
    cr_expect_eq(stats_rank_exact(NULL, 0, (double[]){1}, 1), 1);
}

Test(stats, large_counts_do_not_overflow)
{
    static const uint64_t a[] = {4000000000000ull, 3000000000000ull};
    static const uint64_t b[] = {3000000000000ull, 4000000000000ull};
    struct stats_rank rank = stats_rank_buckets(a, b, 2);
    cr_expect_float_eq(rank.b_above, 0.5 + 0.5 / 7, 1e-9);
    cr_expect(isfinite(rank.z) && rank.z > 100);
    cr_expect_lt(rank.p, 1e-9);
}

Test(stats, exact_test_of_a_few_values)
{
    static const struct {
        double a[10], b[10];
        unsigned a_count, b_count;
        double p;
    } cases[] = {
        {{1, 2, 3}, {4, 5, 6}, 3, 3, 0.1},
        {{1, 2, 4}, {3, 5, 6}, 3, 3, 0.2},
        {{5, 6, 8, 7}, {1, 2, 4, 3}, 4, 4, 0.02857142857142857},
        {{1, 3, 5, 7, 9}, {2, 4, 6, 8, 10}, 5, 5, 0.6904761904761905},
        {{1.1, 2.2, 3.3, 4.4, 5.5}, {3.0, 6.1, 7.2, 8.3, 9.4}, 5, 5, 0.05555555555555555},
        {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
         {4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5},
         10,
         10,
         0.006841455757864427},
        {{1, 2, 2}, {2, 3, 4, 5}, 3, 4, 0.11428571428571428}, /* ties: all permutations */
        {{1, 1, 1}, {1, 1, 1}, 3, 3, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_float_eq(
            stats_rank_exact(cases[i].a, cases[i].a_count, cases[i].b, cases[i].b_count),
            cases[i].p, 1e-12, "case %zu", i);
}

Test(stats, false_discoveries_after_benjamini_and_hochberg)
{
    double p[] = {0.01, 0.04, 0.03, 0.005, 0.5};
    static const double expected[] = {0.025, 0.05, 0.05, 0.025, 0.5};
    stats_false_discovery(p, 5);
    for (int i = 0; i < 5; i++)
        cr_expect_float_eq(p[i], expected[i], 1e-12);
    stats_false_discovery(p, 0);
}

Test(stats, medians_and_their_intervals)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2};
    cr_expect_eq(stats_median(odd, 3), 2);
    cr_expect_eq(stats_median(even, 4), 2.5);
    cr_expect_eq(stats_median(NULL, 0), 0);
    static const struct {
        unsigned count, low, high;
        double confidence;
    } cases[] = {{1, 0, 0, 0},           {3, 0, 2, 0.75},         {5, 0, 4, 0.9375},
                 {6, 0, 5, 0.96875},     {10, 1, 8, 0.978515625}, {20, 5, 14, 0.9586105346679688},
                 {25, 7, 17, 0.9567147}, {100, 39, 60, 0.9647998}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned low, high;
        double confidence = stats_median_interval(cases[i].count, 0.95, &low, &high);
        cr_expect_eq(low, cases[i].low, "%u", cases[i].count);
        cr_expect_eq(high, cases[i].high, "%u", cases[i].count);
        cr_expect_float_eq(confidence, cases[i].confidence, 1e-6, "%u", cases[i].count);
    }
}

/* ---- histograms in nanoseconds ---- */

static struct histogram ticks_of(uint64_t first, uint64_t last)
{
    struct histogram histogram = {.count = last - first + 1};
    for (uint64_t value = first; value <= last; value++)
        histogram.bucket[trace_bucket_of(value)]++;
    return histogram;
}

Test(ns_histogram, no_count_is_lost)
{
    struct histogram ticks = ticks_of(1, 100000), ns = {0};
    static const double rates[] = {0.01, 0.27, 0.5, 1, 3.3, 1000};
    uint64_t expected = 0;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint64_t sum = 0;
        ns_histogram_add(&ns, &ticks, rates[i]);
        expected += 100000;
        for (uint32_t k = 0; k < TRACE_BUCKETS; k++)
            sum += ns.bucket[k];
        cr_expect_eq(sum, expected);
        cr_expect_eq(ns.count, expected);
    }
}

/* The same calls on machines whose ticks differ: a naive comparison of buckets would see a change.
 */
Test(ns_histogram, rates_of_the_clock_do_not_matter)
{
    struct histogram fast = ticks_of(40000, 80000), slow = ticks_of(20000, 40000);
    struct histogram a = {0}, b = {0};
    ns_histogram_add(&a, &fast, 0.25); /* 10 to 20 us */
    ns_histogram_add(&b, &slow, 0.5);
    for (double q = 0.05; q < 1; q += 0.05) {
        double x = ns_histogram_quantile(&a, q, 0), y = ns_histogram_quantile(&b, q, 0);
        cr_expect_float_eq(x, 10000 + q * 10000, 700, "%.2f: %f", q, x);
        cr_expect_lt(fabs(x - y) / x, 0.02, "%.2f: %f %f", q, x, y);
    }
}

Test(ns_histogram, the_longest_stay_in_the_last_bucket)
{
    struct histogram ticks = {.count = 2}, ns = {0};
    ticks.bucket[TRACE_BUCKETS - 1] = 2;
    ns_histogram_add(&ns, &ticks, 1);
    cr_expect_eq(ns.bucket[TRACE_BUCKETS - 1], 2);
    ns_histogram_sum(&ns, &ns);
    cr_expect_eq(ns.count, 4);
}
