/* SPDX-License-Identifier: MIT
 *
 * Comparisons: what is claimed of two recordings, and above all what is not.
 */
#include "diff.h"
#include "diff_parts.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(diff, .init = open_samples);

#define RUNS_MOST 5

static const struct samples_run plain = {.started_s = 100,
                                         .sync_on_loop = true,
                                         .sleep_ns = 2 * MS,
                                         .read_ns = 150 * US,
                                         .writes = 1000,
                                         .build = 1,
                                         .options = "sync"};

static char paths[2 * RUNS_MOST][64];

static const char *write_run(const struct samples_run *run, unsigned index)
{
    struct builder *b = samples_run(run);
    snprintf(paths[index], sizeof paths[index], "/tmp/shunt-diff-%d.%u.shunt", (int)getpid(),
             index);
    cr_assert_eq(builder_write(b, paths[index], 0), 0);
    builder_free(b);
    return paths[index];
}

/* Compares two traces. */
static void compare_built(struct diff *diff, struct builder *before, struct builder *after)
{
    struct builder *sides[] = {before, after};
    const char *names[2];
    struct error error = {""};
    struct report_options options = {0};
    for (unsigned i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "/tmp/shunt-diff-%d.%u.shunt", (int)getpid(), i);
        cr_assert_eq(builder_write(sides[i], paths[i], 0), 0);
        builder_free(sides[i]);
        names[i] = paths[i];
    }
    int result = diff_build(diff, names, 1, names + 1, 1, &options, &error);
    unlink(paths[0]);
    unlink(paths[1]);
    cr_assert_eq(result, 0, "%s", error.text);
}

/* Compares `count` runs a side. */
static void compare(struct diff *diff, const struct samples_run *before,
                    const struct samples_run *after, unsigned count)
{
    const char *a[RUNS_MOST], *b[RUNS_MOST];
    struct error error = {""};
    struct report_options options = {0};
    for (unsigned i = 0; i < count; i++) {
        a[i] = write_run(&before[i], i);
        b[i] = write_run(&after[i], RUNS_MOST + i);
    }
    int result = diff_build(diff, a, count, b, count, &options, &error);
    for (unsigned i = 0; i < count; i++) {
        unlink(a[i]);
        unlink(b[i]);
    }
    cr_assert_eq(result, 0, "%s", error.text);
}

static const struct diff_site *site_of(const struct diff *diff, const char *call)
{
    for (size_t i = 0; i < diff->site_count; i++)
        for (int when = 0; when < DIFF_SIDES; when++) {
            const struct report_site *site = diff->sites[i]->side[when].site;
            if (site && strcmp(site->call, call) == 0)
                return diff->sites[i];
        }
    cr_assert_fail("no site of %s", call);
    return NULL;
}

static void one_change(struct diff *diff, const struct samples_run *after)
{
    compare(diff, &plain, after, 1);
}

Test(diff, the_same_twice_is_no_difference)
{
    struct diff diff;
    one_change(&diff, &plain);
    cr_expect_str_eq(diff.verdict, "NO DIFFERENCE");
    for (unsigned class = 0; class < DIFF_CLASSES; class ++)
        cr_expect(class == DIFF_SAME || diff.count[class] == 0, "%s",
                  diff_class_name((enum diff_class) class));
    cr_expect_eq(diff.loops[0]->class, DIFF_SAME);
    diff_free(&diff);
}

Test(diff, nothing_in_common_is_no_answer)
{
    struct error error = {""};
    struct report_options options = {0};
    struct diff diff;
    struct builder *b = builder_new(600, 4, 1);
    builder_process(b, 600, 1, "/usr/bin/sample-server", "sample-server");
    builder_finish(b, SECONDS);
    snprintf(paths[0], sizeof paths[0], "/tmp/shunt-diff-%d.shunt", (int)getpid());
    const char *path = paths[0];
    cr_assert_eq(builder_write(b, path, 0), 0);
    builder_free(b);
    int result = diff_build(&diff, &path, 1, &path, 1, &options, &error);
    unlink(path);
    cr_assert_eq(result, 0, "%s", error.text);
    cr_expect_str_eq(diff.verdict, "CANNOT TELL");
    diff_free(&diff);
}

Test(diff, a_slower_timer_is_worse_from_one_run)
{
    struct samples_run after = plain;
    after.sleep_ns = 4 * MS;
    struct diff diff;
    one_change(&diff, &after);
    const struct diff_site *site = site_of(&diff, "nanosleep");
    cr_expect_eq(site->class, DIFF_WORSE);
    cr_expect_eq(site->grade, DIFF_LARGE);
    cr_expect_eq(site->measure, DIFF_P50);
    cr_expect_float_eq(site->ratio, 2, 0.15);
    cr_expect_str_eq(diff.verdict, "WORSE");
    diff_free(&diff);
}

Test(diff, a_slower_disk_is_not_claimed_from_one_run)
{
    struct samples_run after = plain;
    after.read_ns = 3 * 150 * US;
    struct diff diff;
    one_change(&diff, &after);
    cr_expect_eq(site_of(&diff, "read")->class, DIFF_UNSURE);
    cr_expect_str_eq(diff.verdict, "NOTHING SURE");
    diff_free(&diff);
    after.read_ns = 25 * 150 * US;
    one_change(&diff, &after);
    cr_expect_eq(site_of(&diff, "read")->class, DIFF_WORSE);
    diff_free(&diff);
}

/* Five bad and good runs, in turn or one side first. */
static void noisy(struct samples_run *runs, const uint64_t *read_us, unsigned count,
                  uint64_t first_s, uint64_t step_s)
{
    for (unsigned i = 0; i < count; i++) {
        runs[i] = plain;
        runs[i].read_ns = read_us[i] * US;
        runs[i].started_s = first_s + i * step_s;
    }
}

Test(diff, several_runs_in_turn_make_a_firm_claim)
{
    static const uint64_t before_us[] = {150, 170, 160}, after_us[] = {300, 340, 310};
    struct samples_run before[3], after[3];
    struct diff diff;
    noisy(before, before_us, 3, 100, 20);
    noisy(after, after_us, 3, 110, 20);
    compare(&diff, before, after, 3);
    cr_expect(diff.in_turn);
    const struct diff_site *site = site_of(&diff, "read");
    cr_expect_eq(site->class, DIFF_WORSE);
    cr_expect_eq(site->grade, DIFF_FIRM);
    cr_expect_float_eq(site->p, 0.1, 1e-9);
    diff_free(&diff);
}

Test(diff, runs_that_differ_among_themselves_claim_nothing)
{
    static const uint64_t before_us[] = {150, 900, 400}, after_us[] = {950, 3000, 1500};
    struct samples_run before[3], after[3];
    struct diff diff;
    noisy(before, before_us, 3, 100, 20);
    noisy(after, after_us, 3, 110, 20);
    compare(&diff, before, after, 3);
    cr_expect_eq(site_of(&diff, "read")->class, DIFF_UNSURE);
    cr_expect_neq(diff.verdict[0], 'W');
    diff_free(&diff);
}

Test(diff, runs_recorded_one_side_first_must_differ_by_more)
{
    static const uint64_t before_us[] = {150, 170, 160}, after_us[] = {190, 210, 200};
    struct samples_run before[3], after[3];
    struct diff diff;
    noisy(before, before_us, 3, 100, 20);
    noisy(after, after_us, 3, 200, 20);
    compare(&diff, before, after, 3);
    cr_expect_not(diff.in_turn);
    cr_expect_eq(site_of(&diff, "read")->class, DIFF_SAME);
    cr_expect_eq(diff.warning_count, 1);
    diff_free(&diff);
}

Test(diff, what_left_the_loop_is_better_by_whatever_name)
{
    struct samples_run after = plain;
    after.sync_on_loop = false;
    struct diff diff;
    one_change(&diff, &after);
    const struct diff_site *site = site_of(&diff, "fdatasync");
    cr_expect(site->left_loop);
    cr_expect_eq(site->class, DIFF_BETTER);
    cr_expect_eq(site->grade, DIFF_PLAIN);
    cr_expect_str_eq(site->side[DIFF_AFTER].threads, "log_sync");
    cr_expect(strstr(diff.answer, "fdatasync > log.1.aof left the loop"), "%s", diff.answer);
    cr_expect(strstr(diff.answer, "stalled for 10% of its time, was 50%"), "%s", diff.answer);
    diff_free(&diff);
    compare(&diff, &after, &plain, 1);
    cr_expect(site_of(&diff, "fdatasync")->came_to_loop);
    cr_expect_eq(site_of(&diff, "fdatasync")->class, DIFF_WORSE);
    diff_free(&diff);
}

Test(diff, sites_of_one_side_are_new_or_gone)
{
    struct samples_run after = plain;
    after.writes = 0;
    after.lookups = 50;
    struct diff diff;
    one_change(&diff, &after);
    cr_expect_eq(site_of(&diff, "write")->class, DIFF_GONE);
    cr_expect_eq(site_of(&diff, "getaddrinfo")->class, DIFF_NEW);
    cr_expect_str_eq(diff.verdict, "MIXED");
    cr_expect(diff_has(&diff, DIFF_NEW) && !diff_has(&diff, DIFF_WORSE));
    diff_free(&diff);
}

Test(diff, a_few_calls_are_neither_new_nor_gone)
{
    struct samples_run after = plain;
    after.lookups = 5; /* 60 ms of 10 s */
    struct diff diff;
    one_change(&diff, &after);
    cr_expect_eq(site_of(&diff, "getaddrinfo")->class, DIFF_FEW);
    cr_expect_str_eq(diff.verdict, "NO DIFFERENCE");
    diff_free(&diff);
}

Test(diff, a_new_worker_that_waits_for_work_is_no_news)
{
    struct samples_run after = plain;
    after.conditions = 2; /* more of them would be known noise, and in no table */
    struct diff diff;
    one_change(&diff, &after);
    cr_expect_eq(site_of(&diff, "pthread_cond_wait")->class, DIFF_SAME);
    cr_expect_str_eq(diff.verdict, "NO DIFFERENCE");
    diff_free(&diff);
}

Test(diff, twice_as_often_is_worse_by_any_unit)
{
    struct samples_run after = plain;
    after.writes = 4000;
    struct diff diff;
    one_change(&diff, &after);
    const struct diff_site *site = site_of(&diff, "write");
    cr_expect_eq(site->class, DIFF_WORSE);
    cr_expect_eq(site->measure, DIFF_CALLS);
    /* all calls rose from 5,240 to 8,240 with it: that unit says least */
    cr_expect_str_eq(site->per, "1,000 calls");
    cr_expect_float_eq(site->ratio, 4.0 * 5240 / 8240, 0.01);
    diff_free(&diff);
}

Test(diff, a_stripped_library_of_another_build_cannot_be_matched)
{
    struct samples_run after = plain;
    after.build = 2;
    struct diff diff;
    one_change(&diff, &after);
    const struct diff_site *site = site_of(&diff, "fsync");
    cr_expect_eq(site->class, DIFF_UNMATCHED);
    cr_expect(strstr(site->why, "another build"), "%s", site->why);
    cr_expect_eq(diff.count[DIFF_UNMATCHED], 2);
    cr_expect_eq(diff.count[DIFF_NEW] + diff.count[DIFF_GONE], 0);
    diff_free(&diff);
}

Test(diff, names_are_compared_whole)
{
    cr_expect(diff_share_name("a, bc", "x, bc, y"));
    cr_expect(diff_share_name("bc", "bc"));
    cr_expect_not(diff_share_name("b", "bc, ab"));
    cr_expect_not(diff_share_name("", "a"));
    cr_expect_not(diff_share_name("", ""));
}

Test(diff, classes_have_names)
{
    for (unsigned class = 0; class < DIFF_CLASSES; class ++)
        cr_expect_eq(diff_class_of(diff_class_name((enum diff_class) class)), class);
    cr_expect_eq(diff_class_of("gone "), DIFF_CLASSES);
}

/* ---- a green runtime and threads ---- */

static const struct diff_site *site_of_call(const struct diff *diff, const char *call)
{
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct diff_figures *side = diff->sites[i]->side;
        const struct report_site *any =
            side[DIFF_BEFORE].site ? side[DIFF_BEFORE].site : side[DIFF_AFTER].site;
        if (strcmp(any->call, call) == 0)
            return diff->sites[i];
    }
    return NULL;
}

Test(diff, what_yields_and_what_blocks_a_thread_is_one_wait)
{
    struct diff diff;
    compare_built(&diff, samples_wsgi(), samples_wsgi_threads());
    const struct diff_site *site = site_of_call(&diff, "recv");
    cr_assert_eq(site->measure, DIFF_WAIT);
    cr_assert_eq(site->class, DIFF_SAME);
    cr_assert(site->yields[DIFF_BEFORE] && !site->yields[DIFF_AFTER]);
    cr_assert_float_eq(site->value[DIFF_BEFORE], 12e9, 1e8);
    cr_assert_float_eq(site->value[DIFF_AFTER], 12e9, 1e8);
    cr_assert_eq(diff.waits[DIFF_BEFORE], 1);
    diff_free(&diff);
}

Test(diff, sites_match_with_and_without_a_green_runtime)
{
    struct diff diff;
    compare_built(&diff, samples_wsgi(), samples_wsgi_threads());
    cr_assert_eq(diff.site_count, 4);
    cr_assert_eq(diff.count[DIFF_NEW] + diff.count[DIFF_GONE] + diff.count[DIFF_UNMATCHED], 0);
    cr_assert(site_of_call(&diff, "getaddrinfo")->left_loop);
    diff_free(&diff);
}
