/* SPDX-License-Identifier: MIT
 *
 * Pending waits in a report: sums over chains and threads, and what of a peak is known.
 */
#include "built.h"
#include "samples.h"

#include <criterion/criterion.h>

static struct report report;

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
    built_report(&report, samples_cooperative(), NULL);
}

static void close_samples(void)
{
    report_free(&report);
}

TestSuite(waits, .init = open_samples, .fini = close_samples);

Test(waits, are_added_up_over_chains_and_threads)
{
    const struct report_pending *pending = &built_site(&report, "recv", "app_serve")->pending;
    cr_assert_eq(pending->count, 4980 + 40 + 2 * 10);
    cr_assert_eq(pending->ns, 4980 * 3 * MS + 40 * MS + 2 * 10 * 2 * MS);
    cr_assert_eq(pending->max_ns, 30 * MS);
    cr_assert_eq(pending->live, 3);
}

Test(waits, peaks_of_several_lie_between_the_greatest_and_the_sum)
{
    const struct report_pending *pending = &built_site(&report, "recv", "app_serve")->pending;
    cr_assert_eq(pending->peak_least, 64);
    cr_assert_eq(pending->peak_most, 72, "no more than all threads together: 70 and twice 1");
}

Test(waits, of_one_chain_have_a_known_peak)
{
    const struct report_pending *pending = &report.processes[0]->waiting[1]->pending;
    cr_assert_str_eq(report.processes[0]->waiting[1]->call, "connect");
    cr_assert_eq(pending->peak_least, 5);
    cr_assert_eq(pending->peak_most, 5);
}

Test(waits, that_never_succeeded_are_apart)
{
    const struct report_pending *pending = &report.processes[0]->waiting[1]->pending;
    cr_assert_eq(pending->count, 88);
    cr_assert_eq(pending->unfinished, 2);
    cr_assert_eq(pending->unfinished_ns, 60 * SECONDS);
}

Test(waits, of_a_process_are_those_of_its_threads)
{
    const struct report_pending *pending = &report.processes[0]->pending;
    cr_assert_eq(pending->count, 4980 + 40 + 2 * 10 + 88);
    cr_assert_eq(pending->peak_least, 70);
    cr_assert_eq(pending->peak_most, 72);
}
