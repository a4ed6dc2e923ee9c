/* SPDX-License-Identifier: MIT
 *
 * Loops, completeness and verdicts.
 */
#include "built.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(loops, .init = open_samples);
TestSuite(advise, .init = open_samples);
TestSuite(completeness, .init = open_samples);

Test(loops, the_idle_wait_is_never_ranked)
{
    struct report report;
    built_report(&report, samples_server(), NULL);
    const struct report_loop *loop = report.processes[0]->loops[0];
    cr_assert_str_eq(loop->call, "epoll_wait");
    cr_assert_str_eq(loop->function, "app_wait");
    for (unsigned i = 0; i < loop->site_count; i++)
        cr_assert_str_neq(loop->sites[i]->site->call, "epoll_wait");
    const struct report_site *idle = built_site(&report, "epoll_wait", "app_wait");
    cr_assert_eq(idle->calls, 0);
    cr_assert_eq(idle->idle_calls, 43500);
    cr_assert_eq(idle->advice.verdict, VERDICT_FINE);
    report_free(&report);
}

Test(loops, sites_are_ranked_by_stall)
{
    struct report report;
    built_report(&report, samples_server(), NULL);
    const struct report_loop *loop = report.processes[0]->loops[0];
    cr_assert_str_eq(loop->sites[0]->site->call, "fdatasync");
    cr_assert_str_eq(loop->sites[1]->site->call, "write");
    cr_assert_eq(loop->stall_ns, 41100 * MS);
    cr_assert_eq(loop->worst[0].length_ns, 41 * MS);
    cr_assert_eq(loop->worst[0].top[0].site, loop->sites[0]->site);
    cr_assert_eq(loop->slice_count, 61);
    report_free(&report);
}

/* A loop of pid 60 with one more site on it, which stalls it. */
static struct builder *loop_with(enum call_id call, const char *target, uint64_t calls, uint64_t ns)
{
    struct builder *b = builder_new(60, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t wait[] = {samples_frame(module, "app_at_wait")};
    uint64_t serve[] = {samples_frame(module, "app_at_read")};
    builder_process(b, 60, 1, "/usr/bin/sample", "sample");
    uint32_t wait_context = builder_context(b, wait, 1);
    uint32_t serve_context = builder_context(b, serve, 1);
    uint32_t string = builder_string(b, STRING_TARGET, target);
    uint32_t thread = builder_thread(b, 60, 60, "sample");
    uint32_t id = builder_wait_point(b, CALL_poll, wait_context);
    ((struct trace_thread *)builder_at(b, thread))->loop = id;
    uint32_t slot_id = builder_slot(b, call, serve_context);
    builder_count(b, slot_id, calls, ns);
    struct trace_slot *slot = builder_at(b, slot_id);
    slot->target = string;
    slot->stall_ticks = slot->ticks;
    slot->stall_turns = 20;
    struct trace_wait_point *point = builder_at(b, id);
    point->turns = point->visits = 100;
    point->stalls = 20;
    point->stall_ticks = slot->ticks + BUILDER_TICKS(MS);
    point->slice_ticks = BUILDER_TICKS(SECONDS);
    builder_finish(b, 10 * SECONDS);
    return b;
}

static const struct report_advice *advice_on(struct report *report, enum call_id call,
                                             const char *target, uint64_t calls, uint64_t ns)
{
    built_report(report, loop_with(call, target, calls, ns), NULL);
    return &built_site(report, call_infos[call].name, "app_serve")->advice;
}

Test(loops, a_poll_inside_a_callback_is_ranked_first)
{
    struct report report;
    const struct report_advice *advice =
        advice_on(&report, CALL_poll, "tcp:10.0.0.1:80", 1, 1500 * MS);
    cr_assert_str_eq(report.processes[0]->loops[0]->sites[0]->site->call, "poll");
    cr_assert_eq(advice->verdict, VERDICT_CHANGE);
    report_free(&report);
}

Test(advise, blocking_on_a_loop_must_change)
{
    static const struct {
        enum call_id call;
        const char *target, *words;
    } cases[] = {{CALL_fsync, "file:/x", "disk"},      {CALL_read, "file:/x", "disk"},
                 {CALL_recv, "tcp:1.2.3.4:5", "peer"}, {CALL_nanosleep, "x", "sleeps"},
                 {CALL_getaddrinfo, "x", "name"},      {CALL_waitpid, "x", "child"},
                 {CALL_flock, "file:/x", "lock"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report report;
        const struct report_advice *advice =
            advice_on(&report, cases[i].call, cases[i].target, 20, 10 * MS);
        cr_assert_eq(advice->verdict, VERDICT_CHANGE, "%s", call_infos[cases[i].call].name);
        cr_assert(strstr(advice->headline, cases[i].words), "%s", advice->headline);
        cr_assert_eq(advice->confidence, CONFIDENCE_HIGH);
        report_free(&report);
    }
}

Test(advise, the_pool_gains_nothing_on_a_loop_without_a_green_runtime)
{
    struct report report;
    const struct report_advice *advice = advice_on(&report, CALL_fsync, "file:/x", 20, 10 * MS);
    cr_assert_str_eq(advice->routes[0].name, "pool");
    cr_assert_not(advice->routes[0].applies);
    cr_assert(advice->routes[0].gain_known);
    cr_assert_eq(advice->routes[0].gain_ns, 0);
    cr_assert_str_eq(advice->routes[1].name, "green");
    cr_assert_not(advice->routes[1].gain_known);
    cr_assert_str_eq(advice->routes[2].name, "source");
    cr_assert_eq(advice->routes[2].gain_ns, 200 * MS);
    report_free(&report);
}

/* Its time is the kernel's work, which is no wait, and stops the loop all the same. */
Test(advise, forks_that_stop_a_loop_must_change)
{
    struct report report;
    const struct report_advice *advice = advice_on(&report, CALL_fork, "", 20, 30 * MS);
    cr_assert_eq(advice->verdict, VERDICT_CHANGE);
    cr_assert(strstr(advice->headline, "page tables"), "%s", advice->headline);
    cr_assert(strstr(advice->work, "helper process"), "%s", advice->work);
    cr_assert(strstr(advice->reasons[advice->reason_count - 1], "20 forks, at most 30.0 ms"), "%s",
              advice->reasons[advice->reason_count - 1]);
    cr_assert_eq(advice->confidence, CONFIDENCE_HIGH);
    report_free(&report);
}

Test(advise, many_short_calls_are_work_and_not_waiting)
{
    struct report report;
    const struct report_advice *advice =
        advice_on(&report, CALL_write, "tcp:1.2.3.4:5", 100000, 5 * US);
    cr_assert_eq(advice->verdict, VERDICT_FINE);
    cr_assert_eq(advice->route_count, 0);
    report_free(&report);
}

/* Long ones were the CPU's or the kernel's: a descriptor that cannot block does not wait for a
 * peer.
 */
Test(advise, calls_on_descriptors_that_cannot_block_do_not_wait)
{
    struct report report;
    const struct report_advice *advice =
        advice_on(&report, CALL_send, "tcp:10.0.0.1:80", 100, 2 * MS);
    cr_assert_eq(advice->verdict, VERDICT_FINE);
    report_free(&report);
}

Test(advise, a_peer_that_keeps_a_loop_for_long_must_change)
{
    struct report report;
    const struct report_advice *advice =
        advice_on(&report, CALL_recv, "tcp:10.0.0.1:80", 20, 200 * MS);
    cr_assert_eq(advice->verdict, VERDICT_CHANGE);
    report_free(&report);
}

Test(loops, the_same_place_waiting_inside_a_turn_is_not_idle)
{
    struct builder *b = loop_with(CALL_fsync, "file:/x", 20, 10 * MS);
    uint16_t module = 1;
    uint64_t chain[] = {samples_frame(module, "app_at_wait"), samples_frame(module, "app_at_read")};
    struct trace_slot *slot =
        builder_at(b, builder_slot(b, CALL_poll, builder_context(b, chain, 2)));
    slot->count = 1;
    slot->ticks = slot->stall_ticks = BUILDER_TICKS(900 * MS);
    slot->blocked = slot->stall_turns = 1;
    slot->blocked_ticks = slot->max = slot->ticks;
    slot->flags = SLOT_LOOP_WAIT;
    struct report report;
    built_report(&report, b, NULL);
    cr_assert_str_eq(report.processes[0]->loops[0]->sites[0]->site->call, "poll");
    report_free(&report);
}

Test(loops, only_what_was_seen_to_be_the_loops_wait_is_idle)
{
    struct builder *b = loop_with(CALL_fsync, "file:/x", 20, 10 * MS);
    uint16_t module = 1;
    uint64_t chain[] = {samples_frame(module, "app_at_wait")};
    uint32_t elsewhere = builder_slot(b, CALL_poll, builder_context(b, chain, 1));
    builder_count(b, elsewhere, 3, 400 * MS);
    struct report report;
    built_report(&report, b, NULL);
    cr_assert_eq(built_site(&report, "poll", "app_wait")->calls, 3u);
    report_free(&report);
}

/* Stalls of 20 calls that sleep 10 ms each, and as much outside them. */
static const struct report_loop *loop_with_cpu(struct report *report, uint64_t cpu_ns)
{
    struct builder *b = loop_with(CALL_fsync, "file:/x", 20, 10 * MS);
    struct trace_wait_point *wait = NULL;
    for (size_t i = TRACE_FIRST_CHUNK; i < b->size && !wait; i += TRACE_CELL)
        if (((struct trace_record *)(b->bytes + i))->type == RECORD_WAIT_POINT)
            wait = (struct trace_wait_point *)(b->bytes + i);
    cr_assert_not_null(wait);
    wait->stall_ticks = BUILDER_TICKS(400 * MS);
    wait->stall_measured = wait->stall_ticks / 2; /* the other half ran sealed */
    wait->stall_cpu = BUILDER_TICKS(cpu_ns / 2);
    built_report(report, b, NULL);
    return report->processes[0]->loops[0];
}

Test(loops, computing_is_told_from_waiting_outside_the_calls)
{
    struct report report;
    const struct report_loop *loop = loop_with_cpu(&report, 120 * MS);
    cr_assert(loop->stall_cpu_known);
    cr_assert_eq(loop->stall_cpu_ns, 120 * MS);
    cr_assert_eq(loop->computing_ns, 120 * MS);
    report_free(&report);
}

Test(loops, computing_is_no_more_than_there_is_outside_the_calls)
{
    struct report report;
    const struct report_loop *loop = loop_with_cpu(&report, 300 * MS);
    cr_assert_eq(loop->stall_cpu_ns, 300 * MS);
    cr_assert_eq(loop->computing_ns, 200 * MS);
    report_free(&report);
}

Test(advise, seldom_seen_means_low_confidence)
{
    struct builder *b = loop_with(CALL_fsync, "file:/x", 2, 10 * MS);
    struct report report;
    struct trace_slot *slot = NULL;
    for (size_t i = TRACE_FIRST_CHUNK; i < b->size; i += TRACE_CELL) {
        struct trace_slot *here = (struct trace_slot *)(b->bytes + i);
        if (here->head.type == RECORD_SLOT && here->head.cells == 2 && here->call == CALL_fsync)
            slot = here;
    }
    cr_assert_not_null(slot);
    slot->stall_turns = 2;
    built_report(&report, b, NULL);
    cr_assert_eq(built_site(&report, "fsync", "app_serve")->advice.confidence, CONFIDENCE_LOW);
    report_free(&report);
}

Test(advise, known_settings_are_offered_with_their_price)
{
    struct builder *b = loop_with(CALL_fdatasync, "file:/var/lib/redis/a.aof", 20, 10 * MS);
    struct report report;
    builder_process(b, 60, 1, "/usr/bin/redis-check-rdb", "redis-server *:6379");
    /* without a name for the owner, the target tells; here the owner is named and another's */
    built_report(&report, b, NULL);
    cr_assert_str_eq(report.processes[0]->name, "redis-server");
    cr_assert_eq(built_site(&report, "fdatasync", "app_serve")->advice.route_count, 3);
    report_free(&report);
}

Test(advise, off_the_loop_blocking_is_fine_and_has_no_routes)
{
    struct report report;
    built_report(&report, samples_threads(), NULL);
    const struct report_site *site = built_site(&report, "read", "app_serve");
    cr_assert_eq(site->advice.verdict, VERDICT_FINE);
    cr_assert_eq(site->advice.route_count, 0);
    report_free(&report);
}

/* ---- completeness ---- */

static char directory[64];

static void with_run(struct report *report, const char *text)
{
    struct error error = {""};
    struct report_options options = {.all = true};
    snprintf(directory, sizeof directory, "/tmp/shunt-unit-run-%d", (int)getpid());
    mkdir(directory, 0700);
    char path[128];
    snprintf(path, sizeof path, "%s/x.880.shunt", directory);
    struct builder *b = samples_server();
    cr_assert_eq(builder_write(b, path, 0), 0);
    builder_free(b);
    char run[128];
    snprintf(run, sizeof run, "%s/run.json", directory);
    FILE *file = fopen(run, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
    const char *paths = directory;
    int result = report_build(report, &paths, 1, &options, &error);
    unlink(path);
    unlink(run);
    rmdir(directory);
    cr_assert_eq(result, 0, "%s", error.text);
}

#define RUN(known, threads)                                                                       \
    "{\"schema\":\"shunt.run/1\",\"pid\":880,\"run_queue_known\":" known ",\"threads\":[" threads \
    "]}"
/* 60 s, 10 of them on the CPU, 10 waiting for it; the calls explain `ticks` */
#define THREAD(ticks)                                                                      \
    "{\"pid\":880,\"tid\":880,\"started_monotonic_ns\":5000000000,"                        \
    "\"sampled_monotonic_ns\":65000000000,\"run_ns\":10000000000,\"wait_ns\":10000000000," \
    "\"stime_ns\":4000000000,\"explained_ticks\":" ticks "}"

Test(completeness, explained_time_without_its_cpu_over_time_off_the_cpu)
{
    struct report report;
    with_run(&report, RUN("true", THREAD("64000000000"))); /* 32 s, 4 of them system time */
    cr_assert(report.processes[0]->saw.known);
    cr_assert_float_eq(report.processes[0]->saw.percent, 70.0, 0.01);
    report_free(&report);
}

Test(completeness, never_above_a_hundred)
{
    struct report report;
    with_run(&report, RUN("true", THREAD("640000000000")));
    cr_assert_float_eq(report.processes[0]->saw.percent, 100.0, 0.01);
    report_free(&report);
}

/* The row of the image before, 50 s into the thread, with all of its CPU time. */
#define BEFORE                                                                            \
    "{\"pid\":880,\"tid\":880,\"started_monotonic_ns\":5000000000,"                       \
    "\"sampled_monotonic_ns\":45000000000,\"run_ns\":10000000000,\"wait_ns\":9000000000," \
    "\"stime_ns\":4000000000,\"explained_ticks\":1},"

Test(completeness, an_image_after_exec_answers_for_its_own_time_only)
{
    struct report report;
    /* 20 s are left, 1 of them waiting for a CPU; the calls explain 9.5 s */
    with_run(&report, RUN("true", BEFORE THREAD("19000000000")));
    cr_assert_float_eq(report.processes[0]->saw.percent, 50.0, 0.01);
    cr_assert_eq(report.processes[0]->saw.off_cpu_ns, 19 * SECONDS);
    report_free(&report);
}

Test(completeness, unknown_is_said_with_its_reason)
{
    static const char *const runs[] = {RUN("false", THREAD("64000000000")),
                                       RUN("true", THREAD("null")),
                                       RUN("true", ""),
                                       "{nonsense",
                                       "{\"schema\":\"shunt.run/2\"}",
                                       "[]",
                                       ""};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct report report;
        with_run(&report, runs[i]);
        cr_assert_not(report.processes[0]->saw.known, "%s", runs[i]);
        cr_assert_not_null(report.processes[0]->saw.why);
        report_free(&report);
    }
}

Test(completeness, gaps_of_trace_and_run_are_listed)
{
    struct report report;
    with_run(&report, "{\"schema\":\"shunt.run/1\",\"pid\":880,\"gaps\":[{\"pid\":0,\"text\":\"a "
                      "static child\"},{\"pid\":4,\"text\":\"another's\"}]}");
    cr_assert_eq(report.processes[0]->gap_count, 2);
    cr_assert_str_eq(report.processes[0]->gaps[1], "a static child");
    report_free(&report);
}
