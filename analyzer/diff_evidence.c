/* SPDX-License-Identifier: MIT
 *
 * See diff_evidence.h. One run a side, or two, are held against constants, which were set from
 * measured differences between equal runs; three runs a side or more against the differences within
 * each side.
 */
#include "diff_evidence.h"

#include "diff_parts.h"
#include "ns_histogram.h"
#include "stats.h"

#include <math.h>

#define RUNS_LEAST      3u    /* a side, to be held against each other */
#define BUCKET_STEP     1.125 /* what one bucket cannot tell apart */
#define FALSE_RATE      0.01  /* of the claims that rest on one test each */
#define FALSE_RATE_RUNS 0.05  /* ... on a test of the runs */
#define NEARLY          0.2   /* p of runs that overlap by one or two */
#define LARGE           1.5
#define CALLS_P99       1000u /* a side, for a p99 */
#define RUN_CALLS       5u    /* a run, for its median */
#define RUN_CALLS_P99   200u
#define OFTEN_FEW       2.0 /* one run a side: so many times as often */
#define OFTEN_SEVERAL   1.25
#define OFTEN_CALLS     50u

double evidence_ratio(const double value[DIFF_SIDES])
{
    return value[DIFF_BEFORE] > 0 ? value[DIFF_AFTER] / value[DIFF_BEFORE] : 0;
}

/* How many times larger the larger one is. */
static double times(const double value[DIFF_SIDES])
{
    double ratio = evidence_ratio(value);
    return ratio <= 0 ? 1 : ratio < 1 ? 1 / ratio : ratio;
}

/* ---- one run a side, or two ---- */

/* From how many times a difference of single runs is taken for the program's. What waits for
 * something outside the program is at the mercy of that. */
static double usual(const struct diff_site *site)
{
    const struct report_site *any = site->side[DIFF_BEFORE].site;
    switch (any->facts ? any->facts->blocks : BLOCKS_DATA) {
    case BLOCKS_TIMER:
        return LARGE;
    case BLOCKS_NEVER:
        return 3;
    default:
        return 20;
    }
}

static void judge_few(const struct diff_site *site, struct evidence *e)
{
    double doubt = e->measure == DIFF_P99 ? 2 : 1;
    double here = times(e->value);
    if (e->measure == DIFF_CALLS)
        e->outcome = here >= OFTEN_FEW ? OUTCOME_LARGE : OUTCOME_SAME;
    else if (site->false_rate <= FALSE_RATE && here >= usual(site) * doubt)
        e->outcome = OUTCOME_LARGE;
    else if (site->false_rate <= FALSE_RATE && here >= LARGE * doubt)
        e->outcome = OUTCOME_UNSURE;
}

/* ---- several runs a side ---- */

struct series {
    double *values[DIFF_SIDES];
    unsigned count[DIFF_SIDES];
};

static struct series series_new(struct diff *diff)
{
    struct series series = {0};
    for (int when = 0; when < DIFF_SIDES; when++)
        series.values[when] = ARENA_ARRAY(&diff->arena, double, diff->side[when].run_count);
    return series;
}

static bool enough(const struct series *series)
{
    return series->count[DIFF_BEFORE] >= RUNS_LEAST && series->count[DIFF_AFTER] >= RUNS_LEAST;
}

bool evidence_apart(double *before, unsigned before_count, double *after, unsigned after_count,
                    unsigned strict)
{
    if (before_count < RUNS_LEAST || after_count < RUNS_LEAST)
        return false;
    stats_median(before, before_count); /* sorts them */
    stats_median(after, after_count);
    double a_low = before[0], a_high = before[before_count - 1];
    double b_low = after[0], b_high = after[after_count - 1];
    if (a_low <= 0 || b_low <= 0 || (b_low <= a_high && a_low <= b_high))
        return false;
    double gap = b_low > a_high ? b_low / a_high : a_low / b_high;
    double widest = a_high / a_low > b_high / b_low ? a_high / a_low : b_high / b_low;
    return log(gap) >= strict * log(widest);
}

/* Fills in the medians and the test. */
static void measure_runs(struct series *series, struct evidence *e)
{
    for (int when = 0; when < DIFF_SIDES; when++)
        e->value[when] = stats_median(series->values[when], series->count[when]);
    e->p = stats_rank_exact(series->values[DIFF_BEFORE], series->count[DIFF_BEFORE],
                            series->values[DIFF_AFTER], series->count[DIFF_AFTER]);
}

/* Runs that were not recorded in turn may differ by what the machine did meanwhile: by more, and in
 * the tail by anything. */
static void judge_runs(const struct diff *diff, const struct diff_site *site, struct series *series,
                       struct evidence *e)
{
    bool tail = e->measure == DIFF_P99;
    double here = times(e->value);
    bool separate = evidence_apart(series->values[DIFF_BEFORE], series->count[DIFF_BEFORE],
                                   series->values[DIFF_AFTER], series->count[DIFF_AFTER],
                                   diff->in_turn ? 1 : 2);
    if (diff->in_turn && (separate || site->false_rate <= FALSE_RATE_RUNS) &&
        here >= (e->measure == DIFF_CALLS ? OFTEN_SEVERAL : BUCKET_STEP))
        e->outcome = OUTCOME_FIRM;
    else if (!diff->in_turn && separate && here >= (tail ? 2 * usual(site) : LARGE))
        e->outcome = OUTCOME_LARGE;
    else if (e->measure == DIFF_P50 && here >= LARGE && e->p <= NEARLY)
        e->outcome = OUTCOME_UNSURE;
}

/* ---- latencies ---- */

static struct series quantiles(struct diff *diff, const struct diff_site *site, double q,
                               unsigned least)
{
    struct series series = series_new(diff);
    for (int when = 0; when < DIFF_SIDES; when++)
        for (unsigned i = 0; i < diff->side[when].run_count; i++) {
            const struct diff_count *run = &site->side[when].run[i];
            double value = ns_histogram_quantile(&run->latencies, q, run->max_ns);
            if (run->latencies.count >= least && value > 0)
                series.values[when][series.count[when]++] = value;
        }
    return series;
}

uint64_t evidence_calls(const struct diff_site *site)
{
    uint64_t a = site->side[DIFF_BEFORE].sum.latencies.count;
    uint64_t b = site->side[DIFF_AFTER].sum.latencies.count;
    return a < b ? a : b;
}

void evidence_test(struct diff *diff, struct diff_site *site)
{
    struct series series = quantiles(diff, site, 0.5, RUN_CALLS);
    struct evidence e = {.p = 1};
    if (diff->several && enough(&series))
        measure_runs(&series, &e);
    else if (evidence_calls(site) >= EVIDENCE_CALLS_LEAST)
        e.p = stats_rank_buckets(site->side[DIFF_BEFORE].sum.latencies.bucket,
                                 site->side[DIFF_AFTER].sum.latencies.bucket, TRACE_BUCKETS)
                  .p;
    site->p = e.p;
}

struct evidence evidence_latency(struct diff *diff, const struct diff_site *site,
                                 enum diff_measure measure)
{
    bool median = measure == DIFF_P50;
    struct evidence e = {.measure = measure, .p = site->p};
    struct series series =
        quantiles(diff, site, median ? 0.5 : 0.99, median ? RUN_CALLS : RUN_CALLS_P99);
    if (diff->several && enough(&series)) {
        measure_runs(&series, &e);
        judge_runs(diff, site, &series, &e);
    } else if (evidence_calls(site) >= (median ? EVIDENCE_CALLS_LEAST : CALLS_P99)) {
        for (int when = 0; when < DIFF_SIDES; when++)
            e.value[when] = median ? site->side[when].p50_ns : site->side[when].p99_ns;
        judge_few(site, &e);
    }
    return e;
}

/* ---- how often ---- */

enum unit { UNIT_RUN, UNIT_SECOND, UNIT_TURNS, UNIT_CALLS, UNITS };

static const char *const unit_names[UNITS] = {[UNIT_RUN] = "run",
                                              [UNIT_SECOND] = "second",
                                              [UNIT_TURNS] = "1,000 turns",
                                              [UNIT_CALLS] = "1,000 calls"};

/* How much of a unit there was in one run. */
static double amount(const struct diff_site *site, enum unit unit, enum diff_when when,
                     unsigned run)
{
    const struct diff_exposure *exposure = &site->role->run[when][run];
    switch (unit) {
    case UNIT_RUN:
        return 1;
    case UNIT_SECOND:
        return (double)exposure->wall_ns / 1e9;
    case UNIT_TURNS:
        return (double)exposure->turns / 1000;
    default:
        return (double)exposure->calls / 1000;
    }
}

static double rate(const struct diff *diff, const struct diff_site *site, enum unit unit,
                   enum diff_when when)
{
    double calls = 0, units = 0;
    for (unsigned i = 0; i < diff->side[when].run_count; i++) {
        calls += (double)site->side[when].run[i].calls;
        units += amount(site, unit, when, i);
    }
    return units > 0 ? calls / units : 0;
}

/* The unit by which the rates differ least: load and length of the runs may differ, and a program
 * that makes a call more often does so by any unit. -1: they do not even agree on more or less. */
static int fairest_unit(const struct diff *diff, const struct diff_site *site, struct evidence *e)
{
    int fairest = -1;
    bool more = false;
    for (int unit = 0; unit < UNITS; unit++) {
        double value[DIFF_SIDES] = {rate(diff, site, (enum unit)unit, DIFF_BEFORE),
                                    rate(diff, site, (enum unit)unit, DIFF_AFTER)};
        if (value[DIFF_BEFORE] <= 0 || value[DIFF_AFTER] <= 0)
            continue;
        if (fairest >= 0 && (evidence_ratio(value) > 1) != more)
            return -1;
        more = evidence_ratio(value) > 1;
        if (fairest < 0 || times(value) < times(e->value)) {
            fairest = unit;
            e->value[DIFF_BEFORE] = value[DIFF_BEFORE];
            e->value[DIFF_AFTER] = value[DIFF_AFTER];
        }
    }
    return fairest;
}

struct evidence evidence_frequency(struct diff *diff, const struct diff_site *site)
{
    struct evidence e = {.measure = DIFF_CALLS, .p = 1};
    int unit = fairest_unit(diff, site, &e);
    uint64_t a = site->side[DIFF_BEFORE].sum.calls, b = site->side[DIFF_AFTER].sum.calls;
    if (unit < 0 || (a > b ? a : b) < OFTEN_CALLS)
        return e;
    e.per = unit_names[unit];
    if (!diff->several) {
        judge_few(site, &e);
        return e;
    }
    struct series series = series_new(diff);
    for (int when = 0; when < DIFF_SIDES; when++)
        for (unsigned i = 0; i < diff->side[when].run_count; i++) {
            double units = amount(site, (enum unit)unit, (enum diff_when)when, i);
            double calls = (double)site->side[when].run[i].calls;
            if (units > 0 && calls > 0)
                series.values[when][series.count[when]++] = calls / units;
        }
    if (enough(&series)) {
        measure_runs(&series, &e);
        judge_runs(diff, site, &series, &e);
    }
    return e;
}
