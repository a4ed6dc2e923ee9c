/* SPDX-License-Identifier: MIT
 *
 * See baseline.h. Two passes over the copy: what is still in its place, then what threads left
 * behind that ended meanwhile and whose counters were added to a sum (see the preload's fold.h).
 */
#include "baseline.h"

#include "baseline_records.h"
#include "map.h"

#include <string.h>

struct subtraction {
    struct reader *now;
    const struct reader *before;
    struct baseline_part part;
    struct baseline_result result;
    struct arena arena;
    struct map sums;  /* key of a record in a sum of ended threads -> its id */
    struct map folds; /* key of (pid, thread name, spawn point) -> index of that sum */
    struct map ended; /* key of the owner of a segment that is gone -> index of the sum it is in */
    struct fold {
        int32_t pid;
        uint64_t start;
    } * fold;
    size_t fold_count, fold_capacity;
};

/* The end of the highest bucket that holds anything. */
static uint64_t highest(const struct trace_histogram *histogram)
{
    uint32_t last = TRACE_BUCKETS - 1;
    if (!histogram)
        return UINT64_MAX;
    while (last && histogram->bucket[last] == 0)
        last--;
    return last + 1 < TRACE_BUCKETS ? trace_bucket_start(last + 1) : UINT64_MAX;
}

/* ---- what is still in its place ---- */

static bool same_owner(const struct subtraction *s, const struct reader_cursor *cursor)
{
    const struct trace_chunk *chunk = reader_chunk_of(s->now, cursor->id);
    return chunk && chunk->kind == TRACE_CHUNK_THREAD && chunk->pid == cursor->pid &&
           chunk->tid == cursor->tid && chunk->start == cursor->start;
}

/* A record that is added to a sum by what it is about. */
static bool is_summed(const struct trace_record *record)
{
    return record->type == RECORD_SLOT || record->type == RECORD_HISTOGRAM ||
           record->type == RECORD_LOCK || record->type == RECORD_PENDING_WAIT ||
           record->type == RECORD_ROUTED || record->type == RECORD_ROLLOUT;
}

/* A slot never changes its call and chain. */
static bool same_record(const struct subtraction *s, uint32_t id, const struct trace_record *before)
{
    const void *now = reader_record(s->now, id, before->type);
    if (!now || before->type != RECORD_SLOT)
        return now != NULL;
    const struct trace_slot *a = now, *b = (const struct trace_slot *)before;
    return a->call == b->call && a->context == b->context;
}

/* A shared record whose counters go on changing. */
static bool is_shared(const struct trace_record *record)
{
    return record->type == RECORD_SPAWN || record->type == RECORD_RULE;
}

static void subtract_present(struct subtraction *s)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *before; (before = reader_next(s->before, &cursor));)
        if ((is_shared(before) || (cursor.thread_chunk && same_owner(s, &cursor))) &&
            same_record(s, cursor.id, before))
            baseline_subtract_record(&s->part, reader_edit(s->now, cursor.id), before);
}

/* ---- what ended threads left ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    return (a ^ b) * 0xff51afd7ed558ccdull ^ (a >> 29);
}

static uint64_t lock_key(uint64_t key, const struct trace_lock *lock)
{
    key = mix(mix(mix(key, lock->head.aux), lock->call), lock->context);
    key = mix(mix(key, lock->holder), lock->frame);
    return mix(mix(key, lock->holder_call), lock->holder_context);
}

/* A record within one sum. */
static uint64_t record_key(const struct fold *fold, const struct trace_record *record)
{
    uint64_t key = mix(mix((uint64_t)(uint32_t)fold->pid, fold->start), record->type);
    if (record->type == RECORD_SLOT) {
        const struct trace_slot *slot = (const struct trace_slot *)record;
        return mix(mix(key, slot->call), slot->context);
    }
    if (record->type == RECORD_LOCK)
        return lock_key(key, (const struct trace_lock *)record);
    if (record->type == RECORD_PENDING_WAIT) {
        const struct trace_pending_wait *wait = (const struct trace_pending_wait *)record;
        return mix(mix(mix(key, wait->call), wait->context), wait->spawn);
    }
    if (record->type == RECORD_ROUTED) {
        const struct trace_routed *routed = (const struct trace_routed *)record;
        return mix(mix(key, routed->call), routed->context);
    }
    if (record->type == RECORD_ROLLOUT) {
        const struct trace_rollout *rollout = (const struct trace_rollout *)record;
        return mix(mix(mix(key, rollout->head.aux), rollout->call), rollout->context);
    }
    const struct trace_histogram *histogram = (const struct trace_histogram *)record;
    return mix(mix(mix(key, histogram->head.aux), histogram->call), histogram->frame);
}

static uint64_t name_key(int32_t pid, const char *name, uint32_t spawn)
{
    uint64_t words[TRACE_THREAD_NAME / sizeof(uint64_t)] = {0};
    strncpy((char *)words, name, TRACE_THREAD_NAME);
    return mix(mix(mix((uint64_t)(uint32_t)pid, words[0]), words[1]), spawn);
}

/* Where the sums lie now: segments of thread 0. */
static void index_sums(struct subtraction *s)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(s->now, &cursor));) {
        if (!cursor.thread_chunk || cursor.tid != 0)
            continue;
        struct fold fold = {cursor.pid, cursor.start};
        if (record->type == RECORD_THREAD) {
            const struct trace_thread *thread = (const struct trace_thread *)record;
            s->fold =
                arena_grow(&s->arena, s->fold, sizeof *s->fold, s->fold_count, &s->fold_capacity);
            s->fold[s->fold_count] = fold;
            map_put(&s->folds, name_key(cursor.pid, thread->name, thread->spawn),
                    (uint32_t)s->fold_count++);
            map_put(&s->sums, mix((uint64_t)(uint32_t)fold.pid, fold.start), cursor.id);
        } else if (is_summed(record)) {
            map_put(&s->sums, record_key(&fold, record), cursor.id);
        }
    }
}

/* The sum that a thread which is gone was added to: that of its name and spawn point or, for the
 * last thread of a fork child, the children's. */
static uint32_t fold_of(const struct subtraction *s, const struct trace_thread *thread)
{
    const uint64_t own = name_key(thread->pid, thread->name, thread->spawn);
    const uint64_t others = name_key(thread->pid, "(others)", 0);
    const uint64_t children = name_key(0, "(children)", 0);
    bool is_child = thread->tid == thread->pid && thread->pid != reader_header(s->before)->pid;
    const uint64_t keys[] = {is_child ? children : own, is_child ? own : others,
                             is_child ? others : children};
    uint32_t fold = MAP_NONE;
    for (size_t i = 0; fold == MAP_NONE && i < sizeof keys / sizeof *keys; i++)
        fold = map_get(&s->folds, keys[i]);
    return fold;
}

static void subtract_from_sum(struct subtraction *s, const struct fold *fold,
                              const struct trace_record *before)
{
    uint64_t key = before->type == RECORD_THREAD ? mix((uint64_t)(uint32_t)fold->pid, fold->start)
                                                 : record_key(fold, before);
    uint32_t id = map_get(&s->sums, key);
    if (id != MAP_NONE && reader_record(s->now, id, before->type))
        baseline_subtract_record(&s->part, reader_edit(s->now, id), before);
}

static uint64_t owner_key(const struct reader_cursor *cursor)
{
    return mix(mix((uint64_t)(uint32_t)cursor->pid, (uint32_t)cursor->tid), cursor->start);
}

static bool is_gone(const struct subtraction *s, const struct reader_cursor *cursor)
{
    return cursor->thread_chunk && cursor->tid != 0 && !same_owner(s, cursor);
}

static void subtract_ended(struct subtraction *s)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *before; (before = reader_next(s->before, &cursor));) {
        if (!is_gone(s, &cursor) || before->type != RECORD_THREAD)
            continue;
        uint32_t fold = fold_of(s, (const struct trace_thread *)before);
        if (fold < s->fold_count)
            map_put(&s->ended, owner_key(&cursor), fold);
    }
    cursor = (struct reader_cursor){0};
    for (const struct trace_record *before; (before = reader_next(s->before, &cursor));) {
        uint32_t fold = is_gone(s, &cursor) ? map_get(&s->ended, owner_key(&cursor)) : MAP_NONE;
        bool summed = before->type == RECORD_THREAD || is_summed(before);
        if (fold < s->fold_count && summed)
            subtract_from_sum(s, &s->fold[fold], before);
    }
}

/* ---- what was going on at the time ---- */

static uint64_t without(uint64_t all, uint64_t part)
{
    return all > part ? all - part : 0;
}

/* The loop's own wait: its time lies in the wait point, too. */
static void clip_wait(struct subtraction *s, const struct trace_thread *thread,
                      const struct trace_slot *slot, uint64_t part)
{
    const struct trace_wait_point *wait = reader_record(s->now, thread->loop, RECORD_WAIT_POINT);
    if (!wait || wait->call != slot->call || wait->context != slot->context)
        return;
    struct trace_wait_point *edit = reader_edit(s->now, thread->loop);
    edit->wait_ticks = without(edit->wait_ticks, part);
}

/* A call in progress at the mark has ended since: what of it lies before is not the part's. */
static void clip_call(struct subtraction *s, struct trace_thread *now,
                      const struct trace_current *current)
{
    bool goes_on = now->current.frame && now->current.start == current->start;
    if (!current->frame || current->start >= s->part.when || goes_on)
        return;
    uint64_t part = s->part.when - current->start;
    now->explained = without(now->explained, part);
    const struct trace_slot *slot = reader_record(s->now, current->slot, RECORD_SLOT);
    if (!slot)
        return;
    struct trace_slot *edit = reader_edit(s->now, current->slot);
    edit->ticks = without(edit->ticks, part);
    if (part >= reader_header(s->now)->threshold)
        edit->blocked_ticks = without(edit->blocked_ticks, part);
    clip_wait(s, now, slot, part);
}

static void clip_calls(struct subtraction *s)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *before; (before = reader_next(s->before, &cursor));)
        if (before->type == RECORD_THREAD && same_owner(s, &cursor) &&
            same_record(s, cursor.id, before))
            clip_call(s, reader_edit(s->now, cursor.id),
                      &((const struct trace_thread *)before)->current);
}

/* ---- what cannot be subtracted ---- */

static void bound_max(struct subtraction *s, uint32_t id)
{
    struct trace_slot *slot = reader_edit(s->now, id);
    if (slot->count == 0 || slot->max_start >= s->part.when)
        return;
    uint64_t top = highest(reader_record(s->now, slot->histogram, RECORD_HISTOGRAM));
    if (top >= slot->max)
        return; /* as long as the longest, to within a bucket */
    slot->max = top;
    s->result.estimated_max++;
}

static void finish(struct subtraction *s)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(s->now, &cursor));) {
        if (record->type == RECORD_SLOT)
            bound_max(s, cursor.id);
        if (record->type != RECORD_THREAD || cursor.tid == 0)
            continue;
        struct trace_thread *thread = reader_edit(s->now, cursor.id);
        if (thread->start < s->part.when)
            thread->start = s->part.when;
    }
    struct trace_header *now = reader_edit_header(s->now);
    const struct trace_header *before = reader_header(s->before);
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        now->lost[i] = baseline_less(&s->part, now->lost[i], before->lost[i]);
    now->locks_aside = baseline_less(&s->part, now->locks_aside, before->locks_aside);
    reader_first_event_is(s->now, before->ring_head);
}

struct baseline_result baseline_subtract(struct reader *reader, const struct reader *before,
                                         uint64_t when)
{
    struct subtraction s = {.now = reader, .before = before, .part.when = when};
    s.sums.arena = s.folds.arena = s.ended.arena = &s.arena;
    subtract_present(&s);
    index_sums(&s);
    subtract_ended(&s);
    clip_calls(&s);
    finish(&s);
    s.result.too_small = s.part.too_small;
    arena_release(&s.arena);
    return s.result;
}
