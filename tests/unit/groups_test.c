/* SPDX-License-Identifier: MIT
 *
 * Groups: which library explains a call, and sums that are those of the sites, whatever is grouped
 * by. Wrapper lists.
 */
#include "built.h"
#include "group.h"
#include "samples.h"
#include "sites.h"
#include "wrappers.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(groups, .init = open_samples);
TestSuite(wrappers, .init = open_samples);

/* A trace under construction: one thread, the sample program and some libraries. */
struct stage {
    struct builder *b;
    uint16_t app, libc;
};

static struct stage stage_new(void)
{
    struct stage stage = {.b = builder_new(60, 12, 1)};
    stage.app = samples_module(stage.b);
    stage.libc = builder_module(stage.b, "/nowhere/libc.so.6", NULL, 0, MODULE_LIBC);
    builder_process(stage.b, 60, 1, "/usr/bin/sample", "sample");
    builder_thread(stage.b, 60, 60, "sample");
    return stage;
}

static uint16_t library(struct stage *stage, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/nowhere/%s", name);
    return builder_module(stage->b, path, NULL, 0, 0);
}

/* 3 calls of a millisecond. */
static void call(struct stage *stage, enum call_id id, const uint64_t *frames, uint16_t count)
{
    uint32_t histogram = builder_histogram(stage->b, id);
    uint32_t slot = builder_slot(stage->b, id, builder_context(stage->b, frames, count));
    ((struct trace_slot *)builder_at(stage->b, slot))->histogram = histogram;
    builder_count(stage->b, slot, 3, MS);
}

static struct report report_of(struct stage *stage)
{
    struct report report;
    builder_finish(stage->b, SECONDS);
    built_report(&report, stage->b, NULL);
    return report;
}

static const struct report_group *group_named(const struct report *report,
                                              enum report_grouping kind, const char *name)
{
    const struct report_process *process = report->processes[0];
    for (unsigned i = 0; i < process->group_count[kind]; i++)
        if (strcmp(process->groups[kind][i].name, name) == 0)
            return &process->groups[kind][i];
    return NULL;
}

/* The one library of a trace with this chain alone. */
static void expect_library(struct stage *stage, enum call_id id, const uint64_t *frames,
                           uint16_t count, const char *name)
{
    call(stage, id, frames, count);
    struct report report = report_of(stage);
    const struct report_process *process = report.processes[0];
    cr_assert_eq(process->group_count[GROUP_LIBRARY], 1u);
    cr_assert_str_eq(process->groups[GROUP_LIBRARY][0].name, name);
    cr_assert_eq(process->groups[GROUP_LIBRARY][0].sums.calls, 3u);
    report_free(&report);
}

#define AT(module)       TRACE_FRAME(module, 0x100)
#define APP(stage, name) samples_frame((stage).app, name)

Test(groups, the_library_that_the_application_called_and_not_what_that_one_uses)
{
    struct stage s = stage_new();
    uint64_t frames[] = {AT(s.libc), AT(library(&s, "libcrypto.so.3")),
                         AT(library(&s, "libpq.so.5")), APP(s, "app_at_read"),
                         APP(s, "app_at_main")};
    expect_library(&s, CALL_read, frames, 5, "libpq.so.5");
}

Test(groups, an_interpreter_and_its_bindings_are_the_applications)
{
    struct stage s = stage_new();
    uint64_t frames[] = {AT(library(&s, "libmariadb.so.3")),
                         AT(library(&s, "_mysql.cpython-311-x86_64-linux-gnu.so")),
                         AT(library(&s, "libpython3.11.so.1.0")), APP(s, "app_at_main")};
    expect_library(&s, CALL_poll, frames, 4, "libmariadb.so.3");
}

Test(groups, a_binding_explains_a_call_that_nothing_else_does)
{
    struct stage s = stage_new();
    uint64_t frames[] = {AT(library(&s, "_x.cpython-311-x86_64-linux-gnu.so")),
                         APP(s, "app_at_main")};
    expect_library(&s, CALL_poll, frames, 2, "_x.cpython-311-x86_64-linux-gnu.so");
}

Test(groups, a_library_that_calls_the_application_back_explains_nothing)
{
    struct stage s = stage_new();
    uint64_t frames[] = {AT(s.libc), APP(s, "app_at_read"), AT(library(&s, "libglib-2.0.so.0")),
                         APP(s, "app_at_main")};
    expect_library(&s, CALL_read, frames, 4, SITES_APPLICATION);
}

Test(groups, generated_code_is_the_applications)
{
    struct stage s = stage_new();
    uint64_t frames[] = {TRACE_FRAME(0, 0x7000), AT(library(&s, "libvm.so"))};
    expect_library(&s, CALL_read, frames, 2, SITES_APPLICATION);
}

Test(groups, the_resolver_and_stdio_are_named)
{
    struct stage s = stage_new();
    uint64_t frames[] = {APP(s, "app_at_read"), APP(s, "app_at_main")};
    call(&s, CALL_getaddrinfo, frames, 2);
    call(&s, CALL_fread, frames, 2);
    call(&s, CALL_read, frames, 2);
    struct report report = report_of(&s);
    const char *const names[] = {SITES_RESOLVER, SITES_STDIO, SITES_APPLICATION};
    for (int i = 0; i < 3; i++) {
        const struct report_group *group = group_named(&report, GROUP_LIBRARY, names[i]);
        cr_assert_not_null(group, "%s", names[i]);
        cr_assert_eq(group->sums.calls, 3u);
        cr_assert(group->quantiles_known);
    }
    report_free(&report);
}

/* Two libraries that use a third: one site, whose calls are told apart and whose latencies are not.
 */
Test(groups, one_site_may_be_part_of_two_libraries)
{
    struct stage s = stage_new();
    uint16_t driver = library(&s, "libdriver.so.1");
    uint64_t left[] = {AT(driver), AT(library(&s, "libleft.so.1")), APP(s, "app_at_main")};
    uint64_t right[] = {AT(driver), AT(library(&s, "libright.so.1")), APP(s, "app_at_main")};
    call(&s, CALL_poll, left, 3);
    call(&s, CALL_poll, right, 3);
    struct report report = report_of(&s);
    cr_assert_eq(report.processes[0]->site_count, 1u);
    const struct report_group *group = group_named(&report, GROUP_LIBRARY, "libleft.so.1");
    cr_assert_not_null(group);
    cr_assert_eq(group->sums.calls, 3u);
    cr_assert_eq(group->site_count, 1u);
    cr_assert_not(group->quantiles_known);
    cr_assert_not_null(group_named(&report, GROUP_LIBRARY, "libright.so.1"));
    report_free(&report);
}

Test(groups, threads_of_one_name_are_counted_together)
{
    struct report report;
    built_report(&report, samples_workers(), NULL);
    const struct report_group *group = group_named(&report, GROUP_THREAD, "helper");
    cr_assert_not_null(group);
    cr_assert_eq(group->threads, 3u);
    cr_assert_eq(group->sums.calls, 6u);
    cr_assert_eq(group->site_count, 1u);
    report_free(&report);
}

Test(groups, the_most_pressing_verdict_is_told_with_its_number)
{
    struct report report;
    built_report(&report, samples_server(), NULL);
    const struct report_group *group = group_named(&report, GROUP_LIBRARY, SITES_APPLICATION);
    cr_assert_eq(group->worst, VERDICT_CHANGE);
    cr_assert_eq(group->worst_count, 1u);
    cr_assert_eq(group->site_count, 3u);
    report_free(&report);
}

static struct report_sums sum_of_sites(const struct report_process *process)
{
    struct report_sums sum = {0};
    for (unsigned i = 0; i < process->site_count; i++) {
        const struct report_site *site = process->sites[i];
        sum.calls += site->calls;
        sum.total_ns += site->total_ns;
        sum.blocked += site->blocked;
        sum.blocked_ns += site->blocked_ns;
        sum.stall_ns += site->stall_ns;
        sum.max_ns = site->max_ns > sum.max_ns ? site->max_ns : sum.max_ns;
    }
    return sum;
}

static void expect_equal_sums(const struct report_process *process)
{
    struct report_sums sites = sum_of_sites(process);
    for (int kind = 0; kind < GROUP_KINDS; kind++) {
        struct report_sums sum = {0};
        for (unsigned i = 0; i < process->group_count[kind]; i++) {
            const struct report_sums *one = &process->groups[kind][i].sums;
            sum.calls += one->calls;
            sum.total_ns += one->total_ns;
            sum.blocked += one->blocked;
            sum.blocked_ns += one->blocked_ns;
            sum.stall_ns += one->stall_ns;
            sum.max_ns = one->max_ns > sum.max_ns ? one->max_ns : sum.max_ns;
        }
        cr_assert_eq(memcmp(&sum, &sites, sizeof sum), 0, "by %s",
                     report_grouping_name((enum report_grouping)kind));
    }
}

Test(groups, sums_are_those_of_the_sites)
{
    struct builder *(*const samples[])(void) = {samples_server, samples_threads, samples_shell,
                                                samples_workers, samples_driver};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct report report;
        built_report(&report, samples[i](), NULL);
        for (unsigned j = 0; j < report.process_count; j++)
            expect_equal_sums(report.processes[j]);
        report_free(&report);
    }
}

/* Each chain of a site counts the turns it was in: together more than there were. */
Test(groups, a_site_is_in_no_more_stalled_turns_than_its_loop_had)
{
    struct builder *b = samples_driver();
    uint64_t frame = samples_frame(1, "app_at_sync"); /* the sample program is the first module */
    uint32_t slot = builder_slot(b, CALL_fsync, builder_context(b, &frame, 1));
    builder_count(b, slot, 200, MS);
    ((struct trace_slot *)builder_at(b, slot))->stall_turns = 150;
    struct report report;
    built_report(&report, b, NULL);
    const struct report_site *site = built_site(&report, "fsync", "sync_log");
    cr_assert_not_null(site);
    cr_assert_eq(site->calls, 400u);
    cr_assert_eq(site->stalled_turns, 200u);
    cr_assert_eq(site->uses->stalled_turns, 200u);
    report_free(&report);
}

/* ---- wrappers ---- */

static bool one_matches(const char *text, const char *module, const char *function)
{
    struct arena arena = {0};
    struct wrappers list = {0};
    struct error error = {""};
    cr_assert_eq(wrappers_add(&arena, &list, text, &error), 0, "%s", error.text);
    bool found = wrappers_match(&list, &arena, module, function);
    cr_assert_eq(list.items[0].matched, found);
    arena_release(&arena);
    return found;
}

Test(wrappers, names_globs_modules_and_cxx_names)
{
    cr_assert(one_matches("xread", "app", "xread"));
    cr_assert_not(one_matches("xread", "app", "xreadv"));
    cr_assert(one_matches("x*", "app", "xreadv"));
    cr_assert(one_matches("libfoo.so*:*", "libfoo.so.2", "anything"));
    cr_assert_not(one_matches("libfoo.so*:*", "libfool.so.2", "anything"));
    cr_assert(one_matches("io::read", "app", "_ZN2io4readEi"));
    cr_assert(one_matches("app:io::*", "app", "_ZN2io4readEi"));
    cr_assert_not(one_matches("lib:io::*", "app", "_ZN2io4readEi"));
}

Test(wrappers, a_file_has_one_a_line_and_comments)
{
    char path[] = "/tmp/shunt-unit-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "# ours\n\n  xread\t# reads\r\nlibz.so*:*\nlast";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    struct arena arena = {0};
    struct wrappers list = {0};
    struct error error = {""};
    cr_assert_eq(wrappers_add_file(&arena, &list, path, &error), 0, "%s", error.text);
    cr_assert_eq(list.count, 3u);
    cr_assert_str_eq(list.items[0].text, "xread");
    cr_assert_str_eq(list.items[1].module, "libz.so*");
    cr_assert_str_eq(list.items[2].function, "last");
    unlink(path);
    cr_assert_eq(wrappers_add_file(&arena, &list, path, &error), -1);
    arena_release(&arena);
}

Test(wrappers, a_whole_library_passes_its_calls_on_and_a_typo_is_told)
{
    static const char *const wrappers[] = {"libmariadb.so*:*", "_mysql.*:*", "aap_flush", NULL};
    struct report report;
    built_report(&report, samples_driver(), wrappers);
    cr_assert_not_null(built_site(&report, "poll", "app_serve"));
    cr_assert_eq(report.wrapper_count, 3u);
    cr_assert(report.wrappers[0].matched);
    cr_assert_not(report.wrappers[2].matched);
    /* the library still is what explains the call */
    const struct report_group *group = group_named(&report, GROUP_LIBRARY, "libmariadb.so.3");
    cr_assert_not_null(group);
    cr_assert_eq(group->sums.calls, 200u);
    report_free(&report);
}
