/* SPDX-License-Identifier: MIT
 *
 * Known noise: what is left out, and what looks like it and is not.
 */
#include "built.h"
#include "noise.h"
#include "noise_rules.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <string.h>

/* Process 50 with one thread; its chains run from a function of the program down to the thread's
 * start in libc. */
static struct builder *b;
static uint16_t app, libc;
static struct report report;

static void begin_on(int tid)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
    b = builder_new(50, 8, 1);
    app = samples_module(b);
    libc = builder_module(b, "/nowhere/libc.so.6", NULL, 0, MODULE_LIBC);
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, tid, tid == 50 ? "sample" : "worker");
}

static void begin(void)
{
    begin_on(51);
}

/* `count` calls of `ns` each at a place, `depth` frames above the thread's start. */
static struct trace_slot *calls_at(enum call_id call, uint64_t place, unsigned depth,
                                   uint64_t count, uint64_t ns)
{
    uint64_t frames[TRACE_FRAMES] = {place};
    unsigned n = 1;
    for (; n < depth; n++)
        frames[n] = samples_frame(app, "app_at_main");
    frames[n++] = TRACE_FRAME(libc, 0x1000);
    uint32_t id = builder_slot(b, call, builder_context(b, frames, (uint16_t)n));
    builder_count(b, id, count, ns);
    return builder_at(b, id);
}

static const struct report_process *end(void)
{
    builder_finish(b, 10 * SECONDS);
    built_report(&report, b, NULL);
    return report.processes[0];
}

static uint64_t here(const char *label)
{
    return samples_frame(app, label);
}

/* How many calls of the process are noise, of any kind. */
static uint64_t all_noise(const struct report_process *process)
{
    uint64_t calls = 0;
    for (unsigned i = 0; i < NOISE_KINDS; i++)
        calls += process->noise[i].calls;
    return calls;
}

Test(noise, a_worker_waits_for_its_next_job)
{
    begin();
    calls_at(CALL_sem_wait, here("app_at_wait"), 2, 20, 100 * MS);
    calls_at(CALL_fsync, here("app_at_sync"), 3, 20, 30 * MS);
    const struct report_process *process = end();
    const struct report_noise *idle = &process->noise[NOISE_IDLE_WORKER];
    cr_assert_eq(idle->calls, 20u);
    cr_assert_eq(idle->total_ns, 2 * SECONDS);
    cr_assert_eq(idle->threads, 1u);
    cr_assert_eq(idle->sites, 1u);
    cr_assert_eq(process->blocked_ns, 600 * MS);
    cr_assert_eq(process->other_count, 1u);
    cr_assert_str_eq(process->others[0]->call, "fsync");
    const struct report_site *site = built_site(&report, "sem_wait", "app_wait");
    cr_assert_eq(site->calls, 0u);
    cr_assert_eq(site->idle_calls, 20u);
    cr_assert_eq(site->noise, NOISE_IDLE_WORKER);
    cr_assert_eq(site->advice.verdict, VERDICT_FINE);
    report_free(&report);
}

Test(noise, every_way_to_the_same_place_is_the_workers_wait)
{
    begin();
    calls_at(CALL_sem_wait, here("app_at_wait"), 2, 3, 100 * MS);
    calls_at(CALL_sem_wait, here("app_at_wait"), 2, 1, 10 * US);
    calls_at(CALL_sem_wait, here("app_at_read"), 4, 5, 100 * MS); /* another place */
    cr_assert_eq(all_noise(end()), 4u);
    report_free(&report);
}

Test(noise, the_first_thread_is_no_worker)
{
    begin_on(50);
    calls_at(CALL_sem_wait, here("app_at_wait"), 2, 20, 100 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, a_wait_inside_a_job_is_not_for_the_next_one)
{
    begin();
    calls_at(CALL_read, here("app_at_read"), 2, 20, 100 * MS);
    calls_at(CALL_sem_wait, here("app_at_wait"), 3, 20, 30 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, a_wait_deep_in_calls_is_not_for_the_next_job)
{
    begin();
    calls_at(CALL_sem_wait, here("app_at_wait"), 13, 20, 100 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, a_wait_that_did_not_recur_is_not_for_the_next_job)
{
    begin();
    calls_at(CALL_sem_wait, here("app_at_wait"), 2, 2, 100 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, one_wait_that_is_all_the_thread_does_is)
{
    begin();
    calls_at(CALL_msgrcv, here("app_at_wait"), 2, 1, 9 * SECONDS);
    cr_assert_eq(end()->noise[NOISE_IDLE_WORKER].calls, 1u);
    report_free(&report);
}

Test(noise, reading_is_no_wait_for_a_job)
{
    begin();
    calls_at(CALL_read, here("app_at_read"), 2, 20, 100 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, a_thread_that_sleeps_again_and_again_is_a_timers)
{
    begin();
    calls_at(CALL_nanosleep, here("app_at_wait"), 2, 9, SECONDS);
    cr_assert_eq(end()->noise[NOISE_TIMER].calls, 9u);
    report_free(&report);
}

Test(noise, a_thread_that_sleeps_between_blocking_calls_is_no_timers)
{
    begin();
    calls_at(CALL_nanosleep, here("app_at_wait"), 2, 9, 100 * MS);
    calls_at(CALL_read, here("app_at_read"), 2, 9, 100 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, a_worker_whose_jobs_sleep_is_no_timer)
{
    begin();
    calls_at(CALL_nanosleep, here("app_at_read"), 2, 9, 300 * MS);
    calls_at(CALL_sem_wait, here("app_at_wait"), 2, 9, 100 * MS);
    const struct report_process *process = end();
    cr_assert_eq(process->noise[NOISE_IDLE_WORKER].calls, 9u);
    cr_assert_eq(process->noise[NOISE_TIMER].calls, 0u);
    report_free(&report);
}

Test(noise, a_preempted_call_further_out_holds_nobody_up)
{
    begin();
    calls_at(CALL_sem_wait, here("app_at_wait"), 3, 9, 100 * MS);
    calls_at(CALL_sem_destroy, here("app_at_read"), 2, 1, MS);
    cr_assert_eq(end()->noise[NOISE_IDLE_WORKER].calls, 9u);
    report_free(&report);
}

Test(noise, an_epoll_set_waited_for_once_is_idle)
{
    begin();
    calls_at(CALL_epoll_wait, here("app_at_wait"), 2, 1, 9 * SECONDS);
    cr_assert_eq(end()->noise[NOISE_LOOP].calls, 1u);
    report_free(&report);
}

Test(noise, python_waits_for_its_lock_with_a_condition)
{
    begin_on(50);
    uint16_t python = builder_module(b, "/nowhere/python3.11", NULL, 0, 0);
    calls_at(CALL_pthread_cond_timedwait, TRACE_FRAME(python, 0x4242), 12, 20, 5 * MS);
    const struct report_noise *gil = &end()->noise[NOISE_GIL];
    cr_assert_eq(gil->calls, 20u);
    cr_assert_eq(gil->total_ns, 100 * MS);
    report_free(&report);
}

Test(noise, a_lock_of_the_allocator_by_module_or_by_name)
{
    begin_on(50);
    uint16_t allocator = builder_module(b, "/nowhere/libjemalloc.so.2", NULL, 0, 0);
    calls_at(CALL_pthread_mutex_lock, TRACE_FRAME(allocator, 0x4242), 3, 5, MS);
    calls_at(CALL_pthread_mutex_lock, here("app_at_arena"), 3, 2, MS);
    calls_at(CALL_pthread_mutex_lock, here("app_at_read"), 3, 9, MS); /* the program's own */
    const struct report_process *process = end();
    cr_assert_eq(process->noise[NOISE_ALLOCATOR].calls, 7u);
    cr_assert_eq(process->noise[NOISE_ALLOCATOR].sites, 2u);
    cr_assert_eq(all_noise(process), 7u);
    report_free(&report);
}

Test(noise, the_gil_in_a_loops_stall_is_told_apart)
{
    begin_on(50);
    uint16_t python = builder_module(b, "/nowhere/python3.11", NULL, 0, 0);
    uint32_t thread = builder_thread(b, 50, 52, "loop");
    uint64_t wait[] = {here("app_at_wait")};
    uint32_t id = builder_wait_point(b, CALL_epoll_wait, builder_context(b, wait, 1));
    struct trace_wait_point *point = builder_at(b, id);
    point->turns = point->visits = 100;
    point->stalls = 20;
    point->stall_ticks = BUILDER_TICKS(2 * SECONDS);
    ((struct trace_thread *)builder_at(b, thread))->loop = id;
    struct trace_slot *slot =
        calls_at(CALL_pthread_cond_timedwait, TRACE_FRAME(python, 0x4242), 12, 20, 50 * MS);
    slot->stall_ticks = slot->ticks;
    slot->stall_turns = 20;
    const struct report_loop *loop = end()->loops[0];
    cr_assert_eq(loop->site_count, 0u);
    cr_assert_eq(loop->noise_stall_ns, SECONDS);
    report_free(&report);
}

Test(noise, a_semaphore_of_pythons_is_the_programs)
{
    begin_on(50);
    uint16_t python = builder_module(b, "/nowhere/python3.11", NULL, 0, 0);
    calls_at(CALL_sem_clockwait, TRACE_FRAME(python, 0x4242), 12, 20, 100 * MS);
    cr_assert_eq(all_noise(end()), 0u);
    report_free(&report);
}

Test(noise, a_python_queue_feeds_workers)
{
    begin();
    uint16_t python = builder_module(b, "/nowhere/python3.11", NULL, 0, 0);
    uint16_t queue = builder_module(b, "/nowhere/_queue.cpython-311.so", NULL, 0, 0);
    uint64_t chain[] = {TRACE_FRAME(python, 0x4242), TRACE_FRAME(queue, 0x100),
                        TRACE_FRAME(python, 0x8000)};
    uint32_t id = builder_slot(b, CALL_sem_clockwait, builder_context(b, chain, 3));
    builder_count(b, id, 1, 100 * MS);
    cr_assert_eq(end()->noise[NOISE_IDLE_WORKER].calls, 1u);
    report_free(&report);
}

Test(noise, kinds_go_by_the_calls_name)
{
    struct trace_call call = {.blocks = BLOCKS_LOCK};
    static const char *const names[] = {
        "pthread_cond_timedwait", "pthread_mutex_lock", "sem_clockwait", "accept4", "fsync",
        "syscall:futex"};
    static const bool noisy[] = {true, true, true, true, false, true};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        strcpy(call.name, names[i]);
        cr_assert_eq(noise_kind(&call) != KIND_NONE, noisy[i], "%s", names[i]);
    }
}

Test(noise, left_out_of_nothing_that_stalls_a_loop)
{
    /* a loop's own thread has no next job to wait for: the semaphore is the stall's reason */
    begin();
    uint32_t thread = builder_thread(b, 50, 52, "loop");
    uint64_t wait[] = {here("app_at_wait")};
    uint32_t id = builder_wait_point(b, CALL_epoll_wait, builder_context(b, wait, 1));
    struct trace_wait_point *point = builder_at(b, id);
    point->turns = point->visits = 100;
    point->stalls = 20;
    point->stall_ticks = BUILDER_TICKS(2 * SECONDS);
    ((struct trace_thread *)builder_at(b, thread))->loop = id;
    struct trace_slot *slot = calls_at(CALL_sem_wait, here("app_at_read"), 2, 20, 100 * MS);
    slot->stall_ticks = slot->ticks;
    slot->stall_turns = 20;
    const struct report_process *process = end();
    cr_assert_eq(all_noise(process), 0u);
    cr_assert_str_eq(process->loops[0]->sites[0]->site->call, "sem_wait");
    report_free(&report);
}
