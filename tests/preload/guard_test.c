/* SPDX-License-Identifier: MIT
 *
 * What stands around a call whose thread has no room in the trace: it may be routed all the same,
 * and nothing of its visit is what lay there before.
 */
#include "support.h"

#include "calls.h"
#include "guard.h"
#include "loading.h"
#include "segment.h"
#include "thread.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

static void fill_trace(void)
{
    struct segment s;
    for (int i = 1; segment_open(&s, 1, i, 3);)
        i++;
}

static void *visit_unobserved(void *unused)
{
    struct visit v;
    void *caller = __builtin_return_address(0), *frame = __builtin_dwarf_cfa();
    memset(&v, 0x5a, sizeof v);
    guard_enter(&v, CALL_read, caller, frame);
    cr_expect_null(v.thread);
    cr_expect_eq(v.start, 0u);
    cr_expect_eq(v.caller, (uintptr_t)caller);
    cr_expect_eq(v.frame, (uintptr_t)frame);
    cr_expect_null(v.point);
    cr_expect_eq(v.slot, 0u);
    cr_expect_eq(v.fd, -1);
    cr_expect_eq(v.call, CALL_read);
    cr_expect_eq(v.nested, 0);
    cr_expect_eq(v.sleeps, 0);
    cr_expect_eq(loading_here(&v), 1);
    guard_begin(&v, 0);
    guard_leave(&v, 0, 0, 1);
    return unused;
}

Test(guard, an_unobserved_visit_is_whole)
{
    pthread_t thread;
    thread_for_test();
    fill_trace();
    cr_assert_eq(pthread_create(&thread, NULL, visit_unobserved, NULL), 0);
    pthread_join(thread, NULL);
    cr_assert_eq(trace_file->lost[TRACE_LOSS_THREADS], 1u);
}
