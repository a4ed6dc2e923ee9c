/* SPDX-License-Identifier: MIT
 *
 * One site over all processes: found by the beginning of its id, added up, every place told.
 */
#include "built.h"
#include "samples.h"
#include "site_view.h"

#include <criterion/criterion.h>
#include <string.h>

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(site_view, .init = open_samples);

static struct site_view view;
static struct report report;

static int show(struct builder *b, const char *prefix, struct error *error)
{
    struct report_options options = {.all = true, .callers = 100, .site = prefix};
    built_report_with(&report, b, &options);
    return site_view_build(&view, &report, prefix, error);
}

Test(site_view, processes_are_added_up)
{
    struct error error = {""};
    cr_assert_eq(show(samples_shell(), "309a", &error), 0, "%s", error.text);
    cr_assert_eq(view.count, 300u);
    cr_assert_eq(view.sums.calls, 600u);
    cr_assert_eq(view.sums.max_ns, 300 * US);
    cr_assert_eq(view.sums.total_ns, 2 * (300 * 301 / 2) * US);
    cr_assert(view.histogram_known);
    cr_assert_eq(view.histogram.count, 600u);
    cr_assert_eq(view.process->pid, 1300); /* it was held up most there */
    report_free(&report);
}

/* Two slots of one site, from two callers. */
static struct builder *two_callers(void)
{
    static const char *const chains[][3] = {{"app_at_sync", "app_at_flush", "app_at_main"},
                                            {"app_at_sync", "app_at_read", "app_at_wait"}};
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, 50, "sample");
    for (int i = 0; i < 2; i++) {
        uint64_t frames[3];
        for (int j = 0; j < 3; j++)
            frames[j] = samples_frame(module, chains[i][j]);
        uint32_t slot = builder_slot(b, CALL_fsync, builder_context(b, frames, 3));
        builder_count(b, slot, 3 + 4 * (unsigned)i, MS);
        for (int j = 0; j < 9; j++)
            builder_event(b, 50, 50, CALL_fsync, slot, 0, (uint64_t)j * MS, (uint64_t)(j % 5) * MS);
    }
    builder_finish(b, SECONDS);
    return b;
}

Test(site_view, every_chain_of_callers_is_told)
{
    struct error error = {""};
    cr_assert_eq(show(two_callers(), "17d6", &error), 0, "%s", error.text);
    cr_assert_eq(view.place_count, 2u);
    cr_assert_eq(view.places[0].sums.calls, 7u); /* most time first */
    cr_assert_str_eq(view.places[0].callers, "app_flush < app_serve < app_wait");
    cr_assert_eq(view.places[0].sums.calls + view.places[1].sums.calls, view.sums.calls);
    report_free(&report);
}

Test(site_view, the_longest_calls_come_first)
{
    struct error error = {""};
    cr_assert_eq(show(two_callers(), "17d6", &error), 0, "%s", error.text);
    cr_assert_eq(view.longest_count, REPORT_EVENTS);
    static const uint64_t lengths[REPORT_EVENTS] = {4 * MS, 4 * MS, 3 * MS, 3 * MS, 3 * MS};
    for (unsigned i = 0; i < REPORT_EVENTS; i++)
        cr_assert_eq(view.longest[i].ns, lengths[i], "%u", i);
    report_free(&report);
}

Test(site_view, none_or_several_are_refused)
{
    struct error error = {""};
    cr_assert_eq(show(samples_server(), "ffff", &error), -1);
    cr_assert(strstr(error.text, "no site begins so"));
    report_free(&report);
    cr_assert_eq(show(samples_server(), "", &error), -1);
    report_free(&report);
    /* 1c0a and 17d6 */
    cr_assert_eq(show(samples_workers(), "1", &error), -1);
    cr_assert(strstr(error.text, "several sites begin so"));
    report_free(&report);
}
