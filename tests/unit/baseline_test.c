/* SPDX-License-Identifier: MIT
 *
 * A part of a run: counters without what they were at a mark, for threads that live, ended or were
 * added to others', and for what cannot be subtracted.
 */
#include "baseline.h"
#include "built.h"
#include "run_info.h"
#include "trace_builder.h"

#include <criterion/criterion.h>
#include <string.h>

#define AT(ms)     (BUILDER_START + BUILDER_TICKS((ms)*MS))
#define FIND(type) find(now, RECORD_##type)

TestSuite(baseline);

/* One trace at two instants: the same records, built with other counts. `thread` 0 is a sum. */
struct stage {
    struct builder *b;
    uint32_t thread, slot, histogram, wait;
};

static struct stage stage_new(int tid, const char *name)
{
    struct stage s = {.b = builder_new(70, 8, 1)};
    uint64_t frame = TRACE_FRAME(0, 0x1000);
    uint32_t context = builder_context(s.b, &frame, 1);
    s.thread = builder_thread(s.b, 70, tid, name);
    s.histogram = builder_histogram(s.b, CALL_read);
    s.slot = builder_slot(s.b, CALL_read, context);
    s.wait = builder_wait_point(s.b, CALL_epoll_wait, context);
    ((struct trace_slot *)builder_at(s.b, s.slot))->histogram = s.histogram;
    return s;
}

static struct trace_slot *slot(struct stage *s)
{
    return builder_at(s->b, s->slot);
}

static struct trace_thread *thread(struct stage *s)
{
    return builder_at(s->b, s->thread);
}

static struct trace_wait_point *wait_point(struct stage *s)
{
    return builder_at(s->b, s->wait);
}

static struct reader *subtract(struct stage *now, struct stage *before, uint64_t when,
                               struct baseline_result *result)
{
    struct reader *reader = built_reader(now->b), *old = built_reader(before->b);
    *result = baseline_subtract(reader, old, when);
    reader_close(old);
    return reader;
}

static const void *find(const struct reader *reader, enum trace_record_type type)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));)
        if (record->type == type)
            return record;
    return NULL;
}

Test(baseline, counters_histograms_and_losses_are_the_difference)
{
    struct baseline_result result;
    struct stage before = stage_new(70, "main"), after = stage_new(70, "main");
    builder_count(before.b, before.slot, 5, MS);
    builder_count(after.b, after.slot, 5, MS);
    builder_count(after.b, after.slot, 3, 2 * MS);
    slot(&after)->max_start = AT(900);
    builder_header(before.b)->lost[TRACE_LOSS_EVENTS] = 2;
    builder_header(after.b)->lost[TRACE_LOSS_EVENTS] = 7;
    builder_header(before.b)->ring_head = 11;
    thread(&before)->explained = BUILDER_TICKS(10 * MS);
    thread(&after)->explained = BUILDER_TICKS(16 * MS);
    struct reader *now = subtract(&after, &before, AT(500), &result);
    const struct trace_slot *left = FIND(SLOT);
    cr_assert_eq(left->count, 3u);
    cr_assert_eq(left->ticks, BUILDER_TICKS(6 * MS));
    cr_assert_eq(left->blocked, 3u);
    const struct trace_histogram *histogram = FIND(HISTOGRAM);
    cr_assert_eq(histogram->bucket[trace_bucket_of(BUILDER_TICKS(MS))], 0u);
    cr_assert_eq(histogram->bucket[trace_bucket_of(BUILDER_TICKS(2 * MS))], 3u);
    cr_assert_eq(((const struct trace_thread *)FIND(THREAD))->explained, BUILDER_TICKS(6 * MS));
    cr_assert_eq(reader_header(now)->lost[TRACE_LOSS_EVENTS], 5u);
    cr_assert_eq(reader_first_event(now), 11u);
    cr_assert_eq(result.too_small, 0u);
    reader_close(now);
}

Test(baseline, a_chunk_with_another_owner_is_another_threads)
{
    struct baseline_result result;
    struct stage before = stage_new(71, "old"), after = stage_new(72, "new");
    builder_count(before.b, before.slot, 5, MS);
    builder_count(after.b, after.slot, 8, MS);
    struct reader *now = subtract(&after, &before, AT(500), &result);
    cr_assert_eq(((const struct trace_slot *)FIND(SLOT))->count, 8u);
    reader_close(now);
}

Test(baseline, an_ended_threads_counts_are_taken_from_the_sum_of_its_name)
{
    struct baseline_result result;
    struct stage before = stage_new(71, "worker"), after = stage_new(0, "worker");
    builder_count(before.b, before.slot, 5, MS);
    builder_count(after.b, after.slot, 12, MS);
    thread(&after)->folded = 2;
    struct reader *now = subtract(&after, &before, AT(500), &result);
    cr_assert_eq(((const struct trace_slot *)FIND(SLOT))->count, 7u);
    cr_assert_eq(((const struct trace_histogram *)FIND(HISTOGRAM))
                     ->bucket[trace_bucket_of(BUILDER_TICKS(MS))],
                 7u);
    reader_close(now);
}

Test(baseline, or_from_the_sum_of_all_other_names_and_never_from_another_name)
{
    struct baseline_result result;
    struct stage before = stage_new(71, "worker"), after = stage_new(0, "(others)");
    builder_count(before.b, before.slot, 5, MS);
    builder_count(after.b, after.slot, 12, MS);
    struct reader *now = subtract(&after, &before, AT(500), &result);
    cr_assert_eq(((const struct trace_slot *)FIND(SLOT))->count, 7u);
    reader_close(now);
    struct stage again = stage_new(71, "worker"), other = stage_new(0, "helper");
    builder_count(again.b, again.slot, 5, MS);
    builder_count(other.b, other.slot, 12, MS);
    now = subtract(&other, &again, AT(500), &result);
    cr_assert_eq(((const struct trace_slot *)FIND(SLOT))->count, 12u);
    reader_close(now);
}

Test(baseline, the_longest_call_is_bounded_by_the_latencies_when_it_was_before)
{
    struct baseline_result result;
    struct stage before = stage_new(70, "main"), after = stage_new(70, "main");
    builder_count(before.b, before.slot, 1, 50 * MS);
    builder_count(after.b, after.slot, 1, 50 * MS);
    builder_count(after.b, after.slot, 4, MS);
    slot(&after)->max_start = AT(100);
    struct reader *now = subtract(&after, &before, AT(500), &result);
    uint64_t max = ((const struct trace_slot *)FIND(SLOT))->max;
    cr_assert(max >= BUILDER_TICKS(MS) && max <= BUILDER_TICKS(MS) * 9 / 8);
    cr_assert_eq(result.estimated_max, 1u);
    reader_close(now);
}

Test(baseline, a_call_in_progress_counts_from_the_mark_on)
{
    struct baseline_result result;
    struct stage before = stage_new(70, "main"), after = stage_new(70, "main");
    thread(&before)->current =
        (struct trace_current){.frame = 1, .start = AT(100), .slot = before.slot};
    builder_count(after.b, after.slot, 1, 600 * MS); /* it ended at 700 */
    thread(&after)->explained = BUILDER_TICKS(600 * MS);
    struct reader *now = subtract(&after, &before, AT(500), &result);
    const struct trace_slot *left = FIND(SLOT);
    cr_assert_eq(left->count, 1u);
    cr_assert_eq(left->ticks, BUILDER_TICKS(200 * MS));
    cr_assert_eq(left->blocked_ticks, BUILDER_TICKS(200 * MS));
    cr_assert_eq(((const struct trace_thread *)FIND(THREAD))->explained, BUILDER_TICKS(200 * MS));
    reader_close(now);
}

Test(baseline, locks_are_the_difference_of_a_thread_and_of_a_sum)
{
    for (int ended = 0; ended < 2; ended++) {
        struct baseline_result result;
        struct stage stages[] = {stage_new(71, "worker"), stage_new(ended ? 0 : 71, "worker")};
        for (int i = 0; i < 2; i++) {
            uint32_t id = builder_lock(stages[i].b, LOCK_WAITED, CALL_read, 0, 7);
            *(struct trace_lock *)builder_at(stages[i].b, id) = (struct trace_lock){
                .head = ((struct trace_lock *)builder_at(stages[i].b, id))->head,
                .call = CALL_read,
                .frame = 7,
                .count = i ? 5 : 3,
                .ticks = i ? 50 : 40,
                .max = 30};
            thread(&stages[i])->locks = (i ? 9u : 4u) * TRACE_LOCKS_ONE + 2;
        }
        struct reader *now = subtract(&stages[1], &stages[0], AT(500), &result);
        const struct trace_lock *left = FIND(LOCK);
        cr_assert_eq(left->count, 2u);
        cr_assert_eq(left->ticks, 10u);
        cr_assert_eq(left->max, 10u);
        cr_assert_eq(((const struct trace_thread *)FIND(THREAD))->locks, 5 * TRACE_LOCKS_ONE + 2);
        reader_close(now);
    }
}

Test(baseline, a_loop_stays_one_and_its_timeline_begins_at_the_mark)
{
    struct baseline_result result;
    struct stage before = stage_new(70, "main"), after = stage_new(70, "main");
    *wait_point(&before) = (struct trace_wait_point){.head = wait_point(&before)->head,
                                                     .chosen_at = AT(0),
                                                     .turns = 100,
                                                     .stalls = 10,
                                                     .slice_ticks = BUILDER_TICKS(100 * MS),
                                                     .slice = {5, 6, 7, 8}};
    *wait_point(&after) = (struct trace_wait_point){
        .head = wait_point(&after)->head,
        .chosen_at = AT(0),
        .turns = 101,
        .stalls = 11,
        .slice_ticks = BUILDER_TICKS(200 * MS),
        .slice = {11, 15, 30, 40},
        .worst = {{.start = AT(50), .length = 9}, {.start = AT(700), .length = 4}}};
    struct reader *now = subtract(&after, &before, AT(400), &result);
    const struct trace_wait_point *left = FIND(WAIT_POINT);
    cr_assert_eq(left->turns, 1u);
    cr_assert_eq(left->stalls, 1u);
    cr_assert(left->flags & BASELINE_WAS_LOOP);
    cr_assert_eq(left->chosen_at, AT(400));
    cr_assert_eq(left->slice[0], 30u);
    cr_assert_eq(left->slice[1], 40u);
    cr_assert_eq(left->slice[2], 0u);
    cr_assert_eq(left->worst[0].length, 0u);
    cr_assert_eq(left->worst[1].length, 4u);
    cr_assert_eq(result.too_small, 0u);
    reader_close(now);
}

/* What the kernel says goes on over exec, what a trace explains begins anew. */
Test(baseline, figures_from_outside_are_those_between_two_samples)
{
    struct arena arena = {0};
    struct run_thread at_mark = {.pid = 7,
                                 .tid = 7,
                                 .started_ns = 10,
                                 .sampled_ns = 100,
                                 .run_ns = 30,
                                 .wait_ns = 5,
                                 .explained_known = true,
                                 .explained_ticks = 40};
    struct run_thread ended = {.pid = 7, .tid = 9, .started_ns = 10, .sampled_ns = 50};
    struct run_thread first = at_mark, second = at_mark;
    first.sampled_ns = 200;
    first.run_ns = 50;
    first.explained_ticks = 90;
    second.sampled_ns = 300;
    second.run_ns = 70;
    second.explained_ticks = 25;
    struct run_thread rows[] = {ended, first, second};
    struct run_info run = {.run_queue_known = true, .threads = rows, .thread_count = 3};
    struct run_info since = {.threads = &at_mark, .thread_count = 1};
    const struct run_info *between = run_info_between(&arena, &run, &since, NULL);
    cr_assert_eq(between->thread_count, 2u);
    cr_assert_eq(between->threads[0].started_ns, 100u);
    cr_assert_eq(between->threads[0].run_ns, 20u);
    cr_assert_eq(between->threads[0].explained_ticks, 50u);
    cr_assert_eq(between->threads[1].run_ns, 40u);
    cr_assert_eq(between->threads[1].explained_ticks, 25u);
    cr_assert_eq(run_info_between(&arena, &run, NULL, NULL), &run);
    cr_assert_null(run_info_between(&arena, NULL, &since, NULL));
    arena_release(&arena);
}
