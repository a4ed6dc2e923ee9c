/* SPDX-License-Identifier: MIT
 *
 * What the pairs say: medians, the ratio within pairs, and whether it tells anything.
 */
#include "format.h"
#include "overhead.h"
#include "page.h"
#include "stats.h"

#include <string.h>

#define CONFIDENCE 0.95

static const struct {
    const char *name;
    const char *(*text)(struct arena *arena, uint64_t value);
} measures[OVERHEAD_MEASURES] = {[OVERHEAD_WALL] = {"wall time", format_duration},
                                 [OVERHEAD_CPU] = {"CPU time", format_duration},
                                 [OVERHEAD_RSS] = {"peak memory", format_bytes}};

static uint64_t median(const struct overhead *overhead, enum overhead_kind kind,
                       enum overhead_measure measure)
{
    double values[OVERHEAD_PAIRS_MOST];
    for (unsigned i = 0; i < overhead->done; i++)
        values[i] = (double)overhead->pair[i][kind].value[measure];
    return (uint64_t)stats_median(values, overhead->done);
}

/* Observed to bare, pair by pair, sorted; how many pairs have one. */
static unsigned ratios(const struct overhead *overhead, enum overhead_measure measure,
                       double *values)
{
    unsigned count = 0;
    for (unsigned i = 0; i < overhead->done; i++) {
        uint64_t bare = overhead->pair[i][OVERHEAD_BARE].value[measure];
        if (bare)
            values[count++] =
                (double)overhead->pair[i][OVERHEAD_OBSERVED].value[measure] / (double)bare;
    }
    stats_median(values, count);
    return count;
}

static const char *judge(double low, double high, unsigned count, bool sure)
{
    if (low == 1 && high == 1)
        return "no difference";
    if (count < 2)
        return "one pair cannot tell";
    if (low <= 1 && high >= 1)
        return "cannot tell: noise";
    if (!sure)
        return low > 1 ? "more in every pair" : "less in every pair";
    return low > 1 ? "observed takes more" : "observed takes less";
}

static void row(struct page *page, const struct overhead *overhead, enum overhead_measure measure)
{
    struct arena *a = page->arena;
    double values[OVERHEAD_PAIRS_MOST];
    unsigned low = 0, high = 0, count = ratios(overhead, measure, values);
    const char *bare = measures[measure].text(a, median(overhead, OVERHEAD_BARE, measure));
    const char *observed = measures[measure].text(a, median(overhead, OVERHEAD_OBSERVED, measure));
    if (count == 0) {
        page_line(page, "%-11s %9s %9s  too short to be measured", measures[measure].name, bare,
                  observed);
        return;
    }
    bool sure = stats_median_interval(count, CONFIDENCE, &low, &high) >= CONFIDENCE;
    page_line(page, "%-11s %9s %9s  %6.3f  %5.3f to %5.3f  %s", measures[measure].name, bare,
              observed, stats_median(values, count), values[low], values[high],
              judge(values[low], values[high], count, sure));
}

static const char *end_text(struct arena *arena, const struct overhead_run *run)
{
    return run->signal ? arena_print(arena, "SIG%s", sigabbrev_np(run->signal))
                       : arena_print(arena, "status %d", run->exit_status);
}

static bool ends_alike(const struct overhead_run *a, const struct overhead_run *b)
{
    return a->exit_status == b->exit_status && a->signal == b->signal;
}

bool overhead_agrees(const struct overhead *overhead)
{
    for (unsigned i = 0; i < overhead->done; i++)
        for (unsigned kind = 0; kind < OVERHEAD_KINDS; kind++)
            if (!ends_alike(&overhead->first, &overhead->pair[i][kind]))
                return false;
    return true;
}

/* Runs of a kind whose output differs from that of the warm-up, which was bare. */
static unsigned other_output(const struct overhead *overhead, enum overhead_kind kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < overhead->done; i++)
        count += memcmp(overhead->pair[i][kind].output, overhead->first.output,
                        sizeof overhead->first.output) != 0;
    return count;
}

static const char *output_text(struct arena *arena, const struct overhead *overhead)
{
    unsigned bare = other_output(overhead, OVERHEAD_BARE);
    unsigned observed = other_output(overhead, OVERHEAD_OBSERVED);
    if (bare)
        return "what it writes differs from run to run, bare ones too";
    if (observed)
        return arena_print(arena,
                           "in %u of %u observed runs it wrote something else than in the bare "
                           "ones, which agree",
                           observed, overhead->done);
    return "the same output";
}

static void ends(struct page *page, const struct overhead *overhead)
{
    struct arena *a = page->arena;
    if (overhead_agrees(overhead)) {
        page_wrap(page, PAGE_PLAIN, "All runs: ", 10,
                  arena_print(a, "ended with %s; %s.", end_text(a, &overhead->first),
                              output_text(a, overhead)));
        return;
    }
    const char *text = arena_print(a, "warm-up %s", end_text(a, &overhead->first));
    for (unsigned i = 0; i < overhead->done; i++)
        text = arena_print(a, "%s; %s, %s", text, end_text(a, &overhead->pair[i][OVERHEAD_BARE]),
                           end_text(a, &overhead->pair[i][OVERHEAD_OBSERVED]));
    page_wrap(page, PAGE_PLAIN, "THE ENDS DIFFER (bare, observed): ", 4,
              arena_print(a, "%s.", text));
}

void overhead_print(const struct overhead *overhead, FILE *out)
{
    struct arena arena = {0};
    struct page page = {.out = out, .arena = &arena};
    double sure = 0;
    unsigned low, high;
    if (overhead->interrupted)
        page_line(&page, "Stopped by SIG%s after %u of %u pairs.",
                  sigabbrev_np(overhead->interrupted), overhead->done, overhead->pairs);
    if (overhead->done) {
        sure = stats_median_interval(overhead->done, CONFIDENCE, &low, &high);
        page_line(&page, "%s, bare and observed by turns, after a warm-up",
                  format_plural(&arena, overhead->done, "pair", "pairs"));
        page_line(&page, "%-11s %9s %9s  %6s  %s", "", "BARE", "OBSERVED", "RATIO",
                  sure >= CONFIDENCE ? arena_print(&arena, "RANGE, %.0f%% SURE", 100 * sure)
                                     : "LEAST TO MOST");
        for (unsigned i = 0; i < OVERHEAD_MEASURES; i++)
            row(&page, overhead, (enum overhead_measure)i);
        ends(&page, overhead);
    }
    arena_release(&arena);
}
