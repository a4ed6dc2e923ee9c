/* SPDX-License-Identifier: MIT
 *
 * Rights that are given up by several at once: what one has lost stays lost when another is
 * refused.
 */
#include "support.h"

#include "clock.h"
#include "rights.h"
#include "thread.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

/* Of the one process; the record lies in the latest chunk of those that all threads share. */
static uint32_t filters(void)
{
    const struct trace_chunk *chunk = trace_chunk_at(trace_file->meta_chunk);
    for (uint32_t cell = 1; cell < chunk->used;) {
        const struct trace_record *r = (const void *)((const char *)chunk + cell * TRACE_CELL);
        if (r->type == RECORD_PROCESS)
            return ((const struct trace_process *)r)->filters;
        cell += r->cells;
    }
    cr_assert_fail("no process");
    return 0;
}

Test(rights, sealed_until_the_last_is_refused)
{
    thread_for_test();
    const struct rights filter = rights_of_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER);
    uint32_t before = filters();
    rights_give_up(&filter);
    rights_give_up(&filter);
    rights_told(&filter, 1);
    cr_expect(trace_sealed(), "the other is still at it");
    cr_expect_eq(filters(), before | TRACE_FILTER_OWN);
    rights_told(&filter, 1);
    cr_expect_not(trace_sealed());
    cr_expect_eq(filters(), before);
}

Test(rights, sealed_by_what_was_installed)
{
    thread_for_test();
    const struct rights filter = rights_of_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER);
    rights_give_up(&filter);
    rights_give_up(&filter);
    rights_told(&filter, 0);
    rights_told(&filter, 1);
    cr_expect(trace_sealed());
    cr_expect(filters() & TRACE_FILTER_OWN);
}

Test(rights, no_clock_again_after_another_is_refused)
{
    thread_for_test();
    const struct rights counter = rights_of_prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
    const struct rights strict = rights_of_prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    rights_give_up(&counter);
    rights_told(&counter, 0);
    rights_give_up(&strict);
    rights_told(&strict, 1);
    cr_expect_eq(clock_now(), 0u);
    cr_expect_eq(clock_thread_cpu(), 0u);
    cr_expect_not(trace_sealed());
}

/* A call that begins meanwhile must not seem to have begun when the machine did. */
Test(rights, time_stands_still_while_it_is_asked)
{
    thread_for_test();
    const struct rights strict = rights_of_prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    uint64_t before = clock_now();
    rights_give_up(&strict);
    uint64_t first = clock_now(), second = clock_now();
    rights_told(&strict, 1);
    cr_expect_eq(first, second);
    cr_expect_geq(first, before);
    cr_expect_lt(first, clock_now());
    cr_expect_gt(first, 0u);
}
