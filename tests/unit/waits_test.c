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

/* ---- spawn points ---- */

Test(waits, chains_that_start_threads_in_one_function_are_one_point)
{
    cr_assert_eq(report.processes[0]->spawn_count, 2);
    const struct report_spawn *spawn = report.processes[0]->spawns[1];
    cr_assert_str_eq(spawn->function, "app_before_sleep");
    cr_assert_str_eq(spawn->made_by, "app_serve");
    cr_assert_eq(spawn->born, 322);
    cr_assert_eq(spawn->alive, 2);
    cr_assert_eq(spawn->life_ns, 320 * 40 * MS);
    cr_assert_eq(spawn->peak_least, 6);
    cr_assert_eq(spawn->peak_most, 10);
}

Test(waits, calls_of_a_spawn_point_are_those_of_its_threads)
{
    const struct report_spawn *spawn = report.processes[0]->spawns[1];
    cr_assert_eq(spawn->threads, 2);
    cr_assert_eq(spawn->sums.calls, 2 * 3 * 10);
    cr_assert_eq(spawn->pending.count, 20);
}

Test(waits, the_first_thread_is_no_place)
{
    const struct report_spawn *spawn = report.processes[0]->spawns[0];
    cr_assert_str_eq(spawn->name, "the first thread");
    cr_assert_eq(spawn->threads, 1);
    cr_assert_eq(spawn->pending.count, 4980 + 40 + 88);
}
