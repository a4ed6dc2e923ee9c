/* SPDX-License-Identifier: MIT
 *
 * See baseline_records.h: a function for each type of record, which knows its counters.
 */
#include "baseline_records.h"

#include "baseline.h"

#define LOOP_TURNS 2 /* as processes.c wants of a loop */

uint64_t baseline_less(struct baseline_part *s, uint64_t now, uint64_t before)
{
    s->too_small += before > now;
    return now > before ? now - before : 0;
}

#define LESS(field)   now->field = baseline_less(s, now->field, before->field)
#define LESS32(field) now->field = (uint32_t)baseline_less(s, now->field, before->field)

static void subtract_slot(struct baseline_part *s, struct trace_slot *now,
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

static void subtract_histogram(struct baseline_part *s, struct trace_histogram *now,
                               const struct trace_histogram *before)
{
    for (uint32_t i = 0; i < TRACE_BUCKETS; i++)
        LESS32(bucket[i]);
}

static void subtract_thread(struct baseline_part *s, struct trace_thread *now,
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
    uint64_t taken =
        baseline_less(s, now->locks / TRACE_LOCKS_ONE, before->locks / TRACE_LOCKS_ONE);
    now->locks = taken * TRACE_LOCKS_ONE | held;
}

static void subtract_lock(struct baseline_part *s, struct trace_lock *now,
                          const struct trace_lock *before)
{
    LESS(count);
    LESS(ticks);
    if (now->max > now->ticks) /* the longest was before */
        now->max = now->ticks;
}

static void subtract_routed(struct baseline_part *s, struct trace_routed *now,
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

static void subtract_rollout(struct baseline_part *s, struct trace_rollout *now,
                             const struct trace_rollout *before)
{
    LESS(count);
    LESS(ticks);
    LESS(errors);
    if (now->max > now->ticks) /* the longest was before */
        now->max = now->ticks;
}

static void subtract_rule(struct baseline_part *s, struct trace_rule *now,
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
static void subtract_pending(struct baseline_part *s, struct trace_pending_wait *now,
                             const struct trace_pending_wait *before)
{
    LESS(count);
    LESS(ticks);
    LESS(unfinished);
    LESS(unfinished_ticks);
    if (now->max > now->ticks) /* the longest was before */
        now->max = now->ticks;
}

static void subtract_spawn(struct baseline_part *s, struct trace_spawn *now,
                           const struct trace_spawn *before)
{
    LESS(born);
    LESS(ended);
    LESS(life_ticks);
    LESS(killed);
    LESS(timed_out);
    LESS(failed);
}

/* The timeline starts at `when`: whole slices that lie before are dropped, so it may begin up to
 * one slice early. Slices grow by doubling, so that one of the copy lies within one of now. */
static void subtract_slices(struct baseline_part *s, struct trace_wait_point *now,
                            const struct trace_wait_point *before)
{
    if (now->slice_ticks == 0 || before->slice_ticks == 0)
        return;
    for (uint64_t i = 0; i < TRACE_SLICES; i++) {
        uint64_t at = i * before->slice_ticks / now->slice_ticks;
        if (at < TRACE_SLICES)
            now->slice[at] = baseline_less(s, now->slice[at], before->slice[i]);
    }
    uint64_t gone = s->when > now->chosen_at ? (s->when - now->chosen_at) / now->slice_ticks : 0;
    for (uint64_t i = 0; i < TRACE_SLICES; i++)
        now->slice[i] = gone < TRACE_SLICES - i ? now->slice[i + gone] : 0;
}

static void drop_turns(struct baseline_part *s, struct trace_wait_point *now)
{
    for (unsigned i = 0; i < TRACE_TURNS; i++)
        if (now->worst[i].start < s->when)
            now->worst[i] = (struct trace_turn){0};
}

static void subtract_wait_point(struct baseline_part *s, struct trace_wait_point *now,
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

void baseline_subtract_record(struct baseline_part *s, void *now, const struct trace_record *before)
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
