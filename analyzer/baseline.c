/* SPDX-License-Identifier: MIT
 *
 * See baseline.h. Two passes over the copy: what is still in its place, then what threads left
 * behind that ended meanwhile and whose counters were added to a sum (see the preload's fold.h).
 */
#include "baseline.h"

#include "map.h"

#include <string.h>

#define LOOP_TURNS 2 /* as processes.c wants of a loop */

struct subtraction {
    struct reader *now;
    const struct reader *before;
    uint64_t when;
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

/* ---- counters ---- */

static uint64_t less(struct subtraction *s, uint64_t now, uint64_t before)
{
    s->result.too_small += before > now;
    return now > before ? now - before : 0;
}

#define LESS(field)   now->field = less(s, now->field, before->field)
#define LESS32(field) now->field = (uint32_t)less(s, now->field, before->field)

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

static void subtract_slot(struct subtraction *s, struct trace_slot *now,
                          const struct trace_slot *before)
{
    LESS(count);
    LESS(ticks);
    LESS(blocked);
    LESS(blocked_ticks);
    LESS(stall_ticks);
    LESS32(errors);
    LESS32(again);
    LESS32(interrupted);
    LESS32(stall_turns);
    LESS32(no_timeout);
    if (now->errors == 0)
        now->last_errno = 0;
    /* a target is named by a call that blocked or would have */
    if (now->blocked == 0 && now->again == 0)
        now->target = 0;
}

static void subtract_histogram(struct subtraction *s, struct trace_histogram *now,
                               const struct trace_histogram *before)
{
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++)
        LESS32(bucket[i]);
}

static void subtract_thread(struct subtraction *s, struct trace_thread *now,
                            const struct trace_thread *before)
{
    LESS(explained);
    LESS(nested);
    LESS(cpu);
    LESS(checked);
    LESS(wrong);
    LESS(learned);
    LESS(uncounted);
    LESS(unheld);
    LESS32(folded);
    /* above the number of those held at the time */
    uint64_t held = now->locks & TRACE_LOCKS_HELD;
    uint64_t taken = less(s, now->locks / TRACE_LOCKS_ONE, before->locks / TRACE_LOCKS_ONE);
    now->locks = taken * TRACE_LOCKS_ONE | held;
}

static void subtract_lock(struct subtraction *s, struct trace_lock *now,
                          const struct trace_lock *before)
{
    LESS(count);
    LESS(ticks);
    if (now->max > now->ticks) /* the longest was before */
        now->max = now->ticks;
}

static void subtract_routed(struct subtraction *s, struct trace_routed *now,
                            const struct trace_routed *before)
{
    LESS(moved);
    LESS(ticks);
    LESS(handoff_ticks);
    LESS(run_ticks);
    LESS(aborted);
    LESS(parked_ticks);
    for (unsigned i = 0; i < GREEN_WAYS; i++)
        LESS(green[i]);
    LESS(expired);
    LESS(denied);
    for (unsigned i = 0; i < REASON_ROOM; i++)
        LESS32(in_place[i]);
    if (now->handoff_max > now->handoff_ticks) /* the longest was before */
        now->handoff_max = now->handoff_ticks;
}

static void subtract_rollout(struct subtraction *s, struct trace_rollout *now,
                             const struct trace_rollout *before)
{
    LESS(count);
    LESS(ticks);
    LESS(errors);
    if (now->max > now->ticks) /* the longest was before */
        now->max = now->ticks;
}

static void subtract_rule(struct subtraction *s, struct trace_rule *now,
                          const struct trace_rule *before)
{
    LESS(moved);
    LESS(expired);
    LESS(denied);
    for (unsigned i = 0; i < REASON_ROOM; i++)
        LESS(in_place[i]);
}

/* A peak of before stays: no more than that were pending in the part either, or it would be a newer
 * one. */
static void subtract_pending(struct subtraction *s, struct trace_pending_wait *now,
                             const struct trace_pending_wait *before)
{
    LESS(count);
    LESS(ticks);
    LESS(unfinished);
    LESS(unfinished_ticks);
    if (now->max > now->ticks) /* the longest was before */
        now->max = now->ticks;
}

static void subtract_spawn(struct subtraction *s, struct trace_spawn *now,
                           const struct trace_spawn *before)
{
    LESS(born);
    LESS(ended);
    LESS(life_ticks);
}

/* The timeline starts at `when`: whole slices that lie before are dropped, so it may begin up to
 * one slice early. Slices grow by doubling, so that one of the copy lies within one of now. */
static void subtract_slices(struct subtraction *s, struct trace_wait_point *now,
                            const struct trace_wait_point *before)
{
    if (now->slice_ticks == 0 || before->slice_ticks == 0)
        return;
    for (uint64_t i = 0; i < TRACE_SLICES; i++) {
        uint64_t at = i * before->slice_ticks / now->slice_ticks;
        if (at < TRACE_SLICES)
            now->slice[at] = less(s, now->slice[at], before->slice[i]);
    }
    uint64_t gone = s->when > now->chosen_at ? (s->when - now->chosen_at) / now->slice_ticks : 0;
    for (uint64_t i = 0; i < TRACE_SLICES; i++)
        now->slice[i] = gone < TRACE_SLICES - i ? now->slice[i + gone] : 0;
}

static void drop_turns(struct subtraction *s, struct trace_wait_point *now)
{
    for (unsigned i = 0; i < TRACE_TURNS; i++)
        if (now->worst[i].start < s->when)
            now->worst[i] = (struct trace_turn){0};
}

static void subtract_wait_point(struct subtraction *s, struct trace_wait_point *now,
                                const struct trace_wait_point *before)
{
    if (now->turns >= LOOP_TURNS)
        now->flags |= BASELINE_WAS_LOOP;
    LESS(visits);
    LESS(wait_ticks);
    LESS(ready_at_once);
    LESS(empty);
    LESS(turns);
    LESS(turn_ticks);
    LESS(stalls);
    LESS(stall_ticks);
    LESS(harmful);
    LESS(harmful_ticks);
    LESS(stall_cpu);
    LESS(stall_measured);
    subtract_slices(s, now, before);
    drop_turns(s, now);
    if (now->chosen_at && now->chosen_at < s->when)
        now->chosen_at = s->when;
}

static void subtract_record(struct subtraction *s, void *now, const struct trace_record *before)
{
    switch (before->type) {
    case RECORD_SLOT:
        subtract_slot(s, now, (const struct trace_slot *)before);
        break;
    case RECORD_HISTOGRAM:
        subtract_histogram(s, now, (const struct trace_histogram *)before);
        break;
    case RECORD_THREAD:
        subtract_thread(s, now, (const struct trace_thread *)before);
        break;
    case RECORD_LOCK:
        subtract_lock(s, now, (const struct trace_lock *)before);
        break;
    case RECORD_ROUTED:
        subtract_routed(s, now, (const struct trace_routed *)before);
        break;
    case RECORD_ROLLOUT:
        subtract_rollout(s, now, (const struct trace_rollout *)before);
        break;
    case RECORD_RULE:
        subtract_rule(s, now, (const struct trace_rule *)before);
        break;
    case RECORD_SPAWN:
        subtract_spawn(s, now, (const struct trace_spawn *)before);
        break;
    case RECORD_PENDING_WAIT:
        subtract_pending(s, now, (const struct trace_pending_wait *)before);
        break;
    case RECORD_WAIT_POINT:
        subtract_wait_point(s, now, (const struct trace_wait_point *)before);
        break;
    default:
        break;
    }
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
            subtract_record(s, reader_edit(s->now, cursor.id), before);
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
        subtract_record(s, reader_edit(s->now, id), before);
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
    if (!current->frame || current->start >= s->when || goes_on)
        return;
    uint64_t part = s->when - current->start;
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
    if (slot->count == 0 || slot->max_start >= s->when)
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
        if (thread->start < s->when)
            thread->start = s->when;
    }
    struct trace_header *now = reader_edit_header(s->now);
    const struct trace_header *before = reader_header(s->before);
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        LESS(lost[i]);
    LESS(locks_aside);
    reader_first_event_is(s->now, before->ring_head);
}

struct baseline_result baseline_subtract(struct reader *reader, const struct reader *before,
                                         uint64_t when)
{
    struct subtraction s = {.now = reader, .before = before, .when = when};
    s.sums.arena = s.folds.arena = s.ended.arena = &s.arena;
    subtract_present(&s);
    index_sums(&s);
    subtract_ended(&s);
    clip_calls(&s);
    finish(&s);
    arena_release(&s.arena);
    return s.result;
}
