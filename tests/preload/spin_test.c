/* SPDX-License-Identifier: MIT
 *
 * When a caller and its worker look before they sleep: made-up times, and words that nobody writes.
 */
#include "spin.h"

#include "clock.h"

#include <criterion/criterion.h>
#include <sched.h>

enum { DONE = 1 };

static const uint32_t done = DONE, not_done;
static struct spin spin;
static uint64_t now;

static uint64_t us(uint64_t n)
{
    return clock_ticks(n * 1000);
}

static void start(void)
{
    struct trace_clock first;
    clock_start(&first);
    clock_calibrate(&first);
    spin_start();
    now = us(1000);
}

static void need_two_cpus(void)
{
    cpu_set_t cpus;
    sched_getaffinity(0, sizeof cpus, &cpus);
    if (CPU_COUNT(&cpus) < 2)
        cr_skip_test("needs two CPUs");
}

/* One call after a pause; times in microseconds. Returns whether its caller looked for the end in
 * vain: then it sleeps. */
static int call(uint64_t pause, uint64_t waited, uint64_t run, const uint32_t *word)
{
    int32_t before = spin.penalty;
    now += us(pause);
    spin_begin(&spin, now);
    int looked = spin.step != SPIN_APART;
    spin_for_end(&spin, word, DONE, DONE);
    now += us(waited + run);
    spin_end(&spin, now, us(waited), us(run));
    return looked && spin.penalty > before;
}

static int calls_in_vain(int calls, uint64_t pause, uint64_t waited, uint64_t run)
{
    int in_vain = 0;
    for (int i = 0; i < calls; i++)
        in_vain += call(pause, waited, run, &not_done);
    return in_vain;
}

Test(spin, gets_in_step_where_waking_is_dear, .init = start)
{
    need_two_cpus();
    for (int i = 0; i < 3; i++)
        call(1, 40, 1, &done);
    cr_assert_eq(spin.step, SPIN_IN_STEP);
    cr_assert(spin_for_call(&spin, &done, DONE, DONE));
}

Test(spin, sleeps_where_waking_is_cheap, .init = start)
{
    for (int i = 0; i < 1000; i++)
        call(1, 2, 1, &done);
    cr_assert_eq(spin.step, SPIN_APART);
}

Test(spin, sleeps_for_long_calls_and_long_pauses, .init = start)
{
    cr_assert_eq(calls_in_vain(1000, 1, 40, 100), 0);
    spin = (struct spin){0};
    cr_assert_eq(calls_in_vain(1000, 100, 40, 1), 0);
}

Test(spin, one_long_call_does_not_part_them, .init = start)
{
    need_two_cpus();
    for (int i = 0; i < 10; i++)
        call(1, 40, 1, &done);
    call(1, 1, 100, &done);
    call(1, 1, 1, &done);
    cr_assert_eq(spin.step, SPIN_IN_STEP);
}

Test(spin, tries_more_rarely_when_it_fails, .init = start)
{
    need_two_cpus();
    int first = calls_in_vain(100, 1, 40, 1), later = calls_in_vain(1000, 1, 40, 1);
    cr_assert_gt(first, 1);
    cr_assert_lt(first, 10);
    cr_assert_lt(later, 6, "%d tries in 1,000 calls", later);
}

Test(spin, a_worker_that_nobody_calls_stops_looking, .init = start)
{
    need_two_cpus();
    for (int i = 0; i < 10; i++)
        call(1, 40, 1, &done);
    cr_assert_not(spin_for_call(&spin, &not_done, DONE, DONE));
    cr_assert_eq(spin.step, SPIN_APART);
}
