/* SPDX-License-Identifier: MIT
 *
 * Loops that sleep and then work, and what Python's own pools and loops wait for.
 */
#include "built.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <string.h>

#define LIBRARY "/usr/lib/python3.11/"

static struct report report;
static struct builder *b;
static uint64_t eval;

static void begin(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
    b = builder_new(60, 16, 1);
    eval = samples_frame(samples_module(b), "app_at_eval");
    builder_process(b, 60, 1, "/usr/bin/python3.11", "python3 app.py");
    builder_thread(b, 60, 60, "main");
}

static void drop(void)
{
    report_free(&report);
}

TestSuite(rhythm, .init = begin, .fini = drop);

static uint32_t frame(const char *file, const char *name, uint32_t outer)
{
    return builder_python(b, file, name, 31, outer, outer ? 0 : PYTHON_FROM_C);
}

static struct trace_slot *calls(enum call_id id, uint32_t python, uint64_t count, uint64_t ns)
{
    uint32_t context = builder_context(b, &eval, 1);
    builder_under_python(b, context, python);
    return builder_at(b, samples_counted(b, id, context, count, ns));
}

/* The site of the application's function. */
static const struct report_site *end(enum call_id id, enum goal goal)
{
    struct report_options options = {.goal = goal};
    builder_finish(b, 10 * SECONDS);
    built_report_with(&report, b, &options);
    const struct report_site *site = built_site(&report, call_infos[id].name, "work");
    cr_assert_not_null(site);
    return site;
}

static bool drifts(const struct report_site *site)
{
    for (unsigned i = 0; i < site->advice.reason_count; i++)
        if (strstr(site->advice.reasons[i], "a loop that drifts: "))
            return true;
    return false;
}

static uint32_t work(void)
{
    return frame("/srv/app.py", "work", 0);
}

Test(rhythm, a_sleep_and_work_drift)
{
    calls(CALL_clock_nanosleep, work(), 50, 150 * MS);
    const struct report_site *site = end(CALL_clock_nanosleep, GOAL_UNBLOCK);
    cr_assert_str_eq(site->advice.reasons[0],
                     "a loop that drifts: 50 rounds of about 200 ms, each a sleep of 150 ms and up "
                     "to 50.0 ms of work; to keep time, sleep until the next round is due");
}

Test(rhythm, a_sleep_alone_does_not)
{
    calls(CALL_clock_nanosleep, work(), 50, 199 * MS);
    cr_assert(!drifts(end(CALL_clock_nanosleep, GOAL_UNBLOCK)));
}

Test(rhythm, sleeps_that_differ_are_no_loops)
{
    calls(CALL_clock_nanosleep, work(), 50, 150 * MS)->max = BUILDER_TICKS(200 * MS);
    cr_assert(!drifts(end(CALL_clock_nanosleep, GOAL_UNBLOCK)));
}

Test(rhythm, few_sleeps_are_none)
{
    calls(CALL_clock_nanosleep, work(), 5, 1500 * MS);
    cr_assert(!drifts(end(CALL_clock_nanosleep, GOAL_UNBLOCK)));
}

Test(rhythm, sleeps_beside_much_else_are_none)
{
    calls(CALL_clock_nanosleep, work(), 50, 90 * MS);
    cr_assert(!drifts(end(CALL_clock_nanosleep, GOAL_UNBLOCK)));
}

Test(rhythm, an_event_that_never_came_is_a_sleep)
{
    struct trace_slot *slot = calls(CALL_sem_clockwait, work(), 50, 150 * MS);
    slot->errors = 50;
    cr_assert(drifts(end(CALL_sem_clockwait, GOAL_UNBLOCK)));
}

Test(rhythm, an_event_that_came_is_none)
{
    struct trace_slot *slot = calls(CALL_sem_clockwait, work(), 50, 150 * MS);
    slot->errors = 49;
    cr_assert(!drifts(end(CALL_sem_clockwait, GOAL_UNBLOCK)));
}

/* Future.result under `outer`, called by the application. */
static const struct report_site *waits_for_a_future(uint32_t outer, enum goal goal)
{
    uint32_t app = frame("/srv/app.py", "work", outer);
    uint32_t result = frame(LIBRARY "concurrent/futures/_base.py", "Future.result", app);
    calls(CALL_sem_wait, frame(LIBRARY "threading.py", "Condition.wait", result), 50, 20 * MS);
    return end(CALL_sem_wait, goal);
}

Test(rhythm, a_worker_that_waits_for_a_future_may_lock_its_pool)
{
    uint32_t worker = frame(LIBRARY "concurrent/futures/thread.py", "_worker", 0);
    const struct report_site *site = waits_for_a_future(worker, GOAL_THREADS);
    cr_assert_eq(site->advice.verdict, VERDICT_CHANGE);
    cr_assert(strstr(site->advice.headline, "waits for a future"));
}

Test(rhythm, another_thread_may_wait_for_one)
{
    const struct report_site *site = waits_for_a_future(0, GOAL_THREADS);
    cr_assert_eq(site->advice.verdict, VERDICT_FINE);
    cr_assert(strstr(site->advice.headline, "waits for a pool's worker"));
}

Test(rhythm, a_loop_that_stays_has_its_own_rules_for_futures)
{
    uint32_t worker = frame(LIBRARY "concurrent/futures/thread.py", "_worker", 0);
    const struct report_site *site = waits_for_a_future(worker, GOAL_UNBLOCK);
    cr_assert(!strstr(site->advice.headline, "future"));
}

Test(rhythm, what_wakes_asyncio_is_its_own)
{
    uint32_t loop = frame(LIBRARY "asyncio/base_events.py", "BaseEventLoop._run_once", work());
    uint32_t python =
        frame(LIBRARY "asyncio/selector_events.py", "BaseSelectorEventLoop._read_from_self", loop);
    calls(CALL_recv, python, 50, 20 * US);
    const struct report_site *site = end(CALL_recv, GOAL_THREADS);
    cr_assert_eq(site->advice.verdict, VERDICT_FINE);
    cr_assert(strstr(site->advice.headline, "asyncio's own"));
}
