/* SPDX-License-Identifier: MIT
 *
 * The trace file: strings and contexts are written once, a full file is counted and harmless, the
 * ring keeps the latest events.
 */
#include "support.h"

#include "step_x86_64.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(trace, string_is_written_once)
{
    trace_for_test(4 << 20);
    uint32_t a = trace_string(STRING_TARGET, "pipe", 4);
    uint32_t b = trace_string(STRING_TARGET, "pipe and more", 4);
    cr_assert_neq(a, 0u);
    cr_assert_eq(a, b);
    const struct trace_string *s = trace_at(a);
    cr_assert_eq(s->head.type, RECORD_STRING);
    cr_assert_str_eq(s->text, "pipe");
}

Test(trace, strings_differ_by_kind_and_by_end)
{
    trace_for_test(4 << 20);
    uint32_t a = trace_string(STRING_TARGET, "pipe", 4);
    cr_assert_neq(a, trace_string(STRING_PATH, "pipe", 4));
    cr_assert_neq(a, trace_string(STRING_TARGET, "pip", 3));
}

Test(trace, strings_beyond_the_table_are_counted)
{
    trace_for_test(16 << 20);
    unsigned lost = 0;
    for (int i = 0; i < 50000; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "file:%d", i);
        lost += !trace_string(STRING_TARGET, text, (size_t)n);
    }
    cr_assert_gt(lost, 0u);
    cr_assert_eq(trace_file->lost[TRACE_LOSS_STRINGS], lost);
}

/* More than the small table takes: the large one goes on. */
Test(trace, strings_grow_into_the_large_table)
{
    trace_for_test(8 << 20);
    uint32_t first[6000];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 6000; i++) {
            char text[16];
            int n = snprintf(text, sizeof text, "file:%d", i);
            uint32_t id = trace_string(STRING_TARGET, text, (size_t)n);
            cr_assert_neq(id, 0u);
            cr_assert(!round || id == first[i]);
            first[i] = id;
        }
}

Test(trace, python_frame_is_written_once)
{
    trace_for_test(4 << 20);
    struct trace_python_frame f = {.file = 1, .name = 2, .first_line = 3, .line = 4};
    uint32_t a = trace_pyframe(&f);
    cr_assert_neq(a, 0u);
    cr_assert_eq(a, trace_pyframe(&f));
    f.outer = a;
    uint32_t b = trace_pyframe(&f);
    cr_assert_neq(b, a);
    f.flags = PYTHON_FROM_C;
    cr_assert_neq(trace_pyframe(&f), b);
    const struct trace_python_frame *record = trace_at(b);
    cr_assert_eq(record->head.type, RECORD_PYFRAME);
    cr_assert_eq(record->outer, a);
}

Test(trace, contexts_differ_by_their_python_frame)
{
    trace_for_test(4 << 20);
    uint64_t frame = TRACE_FRAME(1, 0x1000);
    uint32_t a = trace_context(&frame, 1, 0, 0);
    cr_assert_neq(a, trace_context(&frame, 1, 0, 700));
    cr_assert_eq(a, trace_context(&frame, 1, 0, 0));
}

Test(trace, context_is_written_once)
{
    trace_for_test(4 << 20);
    uint64_t frames[] = {TRACE_FRAME(1, 0x1000), TRACE_FRAME(2, 0x2000)};
    uint32_t a = trace_context(frames, 2, 0, 0);
    cr_assert_neq(a, 0u);
    cr_assert_eq(a, trace_context(frames, 2, 0, 0));
    cr_assert_neq(a, trace_context(frames, 1, 0, 0));
    cr_assert_neq(a, trace_context(frames, 2, CONTEXT_CUT_DEPTH, 0));
}

/* More contexts than the small table takes: the large one goes on. */
Test(trace, contexts_grow_into_the_large_table)
{
    trace_for_test(16 << 20);
    uint32_t first[6000];
    for (uint64_t i = 0; i < 6000; i++) {
        uint64_t frame = TRACE_FRAME(1, i);
        first[i] = trace_context(&frame, 1, 0, 0);
        cr_assert_neq(first[i], 0u);
    }
    for (uint64_t i = 0; i < 6000; i++) {
        uint64_t frame = TRACE_FRAME(1, i);
        cr_assert_eq(trace_context(&frame, 1, 0, 0), first[i]);
    }
}

Test(trace, full_file_refuses_chunks_and_counts)
{
    trace_for_test(1 << 20);
    uint32_t chunks = 0;
    while (trace_chunk_new())
        chunks++;
    cr_assert_eq(chunks, trace_file->chunk_count - trace_file->ring_chunks);
    cr_assert_eq(trace_file->lost[TRACE_LOSS_CHUNKS], 1u);
    cr_assert_null(trace_meta_new(64));
}

Test(trace, sealed_trace_takes_no_new_memory)
{
    trace_for_test(4 << 20);
    trace_seal();
    cr_assert_null(trace_chunk_new());
    cr_assert_eq(trace_file->lost[TRACE_LOSS_CHUNKS], 1u);
}

Test(trace, ring_keeps_the_latest_events)
{
    trace_for_test(1 << 20);
    uint64_t size = trace_file->ring_chunks * (TRACE_CHUNK / sizeof(struct trace_event) - 1);
    for (uint64_t i = 0; i < size + 10; i++) {
        struct trace_event event = {.start = i + 1};
        trace_event(&event);
    }
    const struct trace_event *ring = (const void *)(trace_chunk_at(1) + 1);
    cr_assert_eq(trace_file->ring_head, size + 10);
    cr_assert_eq(ring[0].seq, size + 1);
    cr_assert_eq(ring[0].start, size + 1);
    cr_assert_eq(ring[9].start, size + 10);
    cr_assert_eq(ring[10].start, 11u);
}

static int step, handled_at;

static void on_step(int number)
{
    (void)number;
    if (++step == handled_at)
        trace_event(&(struct trace_event){.start = 2});
}

/* In a fork child, for the ring's chunks are committed once a process: a handler writes an event
 * within the call, after instruction `at`; 0: the call was over by then. */
static int interrupted(int at)
{
    pid_t child = fork();
    if (child == 0) {
        handled_at = at;
        step_begin();
        trace_event(&(struct trace_event){.start = 1});
        step_end();
        _exit(step >= at);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status), "instruction %d: status %#x", at, (unsigned)status);
    return WEXITSTATUS(status);
}

/* The ring has one chunk; the chunk behind it is somebody's. */
Test(trace, ring_commits_no_chunk_but_its_own)
{
    trace_for_test(4 << 20);
    cr_assert_eq(trace_file->ring_chunks, 1u);
    struct trace_chunk *behind = trace_chunk_new();
    cr_assert_eq(trace_chunk_number(behind), 2u);
    behind->kind = TRACE_CHUNK_THREAD;
    struct sigaction action = {.sa_handler = on_step};
    sigaction(SIGTRAP, &action, NULL);
    int at = 1;
    for (; interrupted(at); at++)
        cr_assert_eq(behind->kind, (uint32_t)TRACE_CHUNK_THREAD, "instruction %d", at);
    cr_assert_gt(at, 10, "only %d instructions", at);
}

Test(trace, bucket_of_a_value_holds_it)
{
    for (uint64_t value = 1; value < 1ull << 40; value = value * 9 / 8 + 1) {
        uint32_t bucket = trace_bucket_of(value);
        cr_assert_leq(trace_bucket_start(bucket), value);
        cr_assert_gt(trace_bucket_start(bucket + 1), value);
    }
    cr_assert_eq(trace_bucket_of(UINT64_MAX), TRACE_BUCKETS - 1);
}
