/* SPDX-License-Identifier: MIT
 *
 * Locks in a report: whose waits for whom, and what blocked while holding.
 */
#include "built.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <string.h>

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(locks, .init = open_samples);

Test(locks, waits_of_all_threads_are_one_sum_for_each_holder)
{
    struct report report;
    built_report(&report, samples_locks(), NULL);
    const struct report_locks *locks = &report.processes[0]->locks;
    cr_assert_eq(locks->wait_count, 2);
    cr_assert_eq(locks->waits, 120);
    cr_assert_eq(locks->wait_ns, 120 * 20 * MS);
    const struct report_lock *most = &locks->items[0];
    cr_assert(most->waited);
    cr_assert_str_eq(most->site->function, "app_serve");
    cr_assert_str_eq(most->taken_by, "app_flush");
    cr_assert_eq(most->count, 114);
    cr_assert_eq(most->max_ns, 40 * MS);
    report_free(&report);
}

Test(locks, the_holders_call_is_its_site)
{
    struct report report;
    built_report(&report, samples_locks(), NULL);
    const struct report_lock *most = &report.processes[0]->locks.items[0];
    cr_assert_eq(most->activity_count, 2);
    cr_assert_eq(most->activity[0].site, built_site(&report, "fsync", "sync_log"));
    cr_assert_eq(most->activity[0].waits, 90);
    cr_assert_null(most->activity[1].call);
    cr_assert(!most->activity[1].unknown);
    report_free(&report);
}

Test(locks, an_unknown_holder_is_nobody)
{
    struct report report;
    built_report(&report, samples_locks(), NULL);
    const struct report_lock *unknown = &report.processes[0]->locks.items[1];
    cr_assert_null(unknown->taken_by);
    cr_assert(unknown->activity[0].unknown);
    cr_assert_eq(unknown->count, 6);
    report_free(&report);
}

Test(locks, a_call_counts_once_however_many_locks_are_held)
{
    struct report report;
    built_report(&report, samples_locks(), NULL);
    const struct report_site *site = built_site(&report, "fsync", "sync_log");
    cr_assert_eq(site->holding, 40);
    cr_assert_eq(site->holding_ns, 40 * 25 * MS);
    report_free(&report);
}

Test(locks, only_a_lock_somebody_waited_for_is_wanted)
{
    struct report report;
    built_report(&report, samples_locks(), NULL);
    const struct report_locks *locks = &report.processes[0]->locks;
    unsigned wanted = 0;
    for (unsigned i = locks->wait_count; i < locks->count; i++) {
        if (!locks->items[i].wanted)
            continue;
        wanted++;
        cr_assert_str_eq(locks->items[i].taken_by, "app_flush");
        cr_assert_str_eq(locks->items[i].site->call, "fsync");
    }
    cr_assert_eq(wanted, 1);
    report_free(&report);
}

Test(locks, free_ones_are_counted_over_all_threads)
{
    struct report report;
    built_report(&report, samples_locks(), NULL);
    cr_assert_eq(report.processes[0]->locks.free, 1000000 + 3 * 100000 + 7);
    report_free(&report);
}
