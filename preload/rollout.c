/* SPDX-License-Identifier: MIT
 *
 * See rollout.h. A record is known by (call, context, part); a histogram by the slots' histogram
 * whose calls it counts a part of, so that the two are shared alike.
 */
#include "rollout.h"

#include "policy_format.h"
#include "refs.h"
#include "slot.h"
#include "trace.h"

#define OF_HISTOGRAM (1ull << 63)

/* 0: the share had no say, or there is nothing to compare: calls that are denied are not made. */
static uint32_t part_of(const struct handoff_outcome *outcome)
{
    const struct trace_rule *rule = outcome->rule ? trace_at(outcome->rule) : NULL;
    if (!rule || rule->head.aux == 0 || rule->head.aux >= POLICY_ROLLOUT_ALL)
        return 0;
    if (outcome->wanted == TRACE_ROUTE_DENY || outcome->route == TRACE_ROUTE_DENY)
        return 0;
    if (outcome->route != TRACE_ROUTE_IN_PLACE)
        return ROLLOUT_MOVED;
    switch (outcome->reason) {
    case REASON_ROLLOUT:
        return ROLLOUT_OUTSIDE;
    case REASON_UNKNOWN:
    case REASON_CROWDED:
    case REASON_OFF:
        return 0;
    default:
        return ROLLOUT_STAYED;
    }
}

static uint64_t key_of(uint32_t record, uint32_t part)
{
    return (uint64_t)record << 2 | part;
}

static uint32_t histogram_get(struct thread *t, const struct trace_slot *slot, uint32_t part)
{
    uint64_t key = key_of(slot->histogram, part) | OF_HISTOGRAM;
    uint32_t id = refs_find(t, RECORD_ROLLOUT, slot->call, key);
    struct trace_histogram *h = id ? NULL : (void *)segment_new(&t->segment, sizeof *h);
    if (!h)
        return id;
    const struct trace_histogram *all = trace_at(slot->histogram);
    h->head.aux = part;
    h->call = all->call;
    h->frame = all->frame;
    h->pyframe = all->pyframe;
    trace_commit(&h->head, RECORD_HISTOGRAM);
    refs_add(t, RECORD_ROLLOUT, slot->call, key, trace_id(h));
    return trace_id(h);
}

static struct trace_rollout *record_get(struct thread *t, const struct trace_slot *slot,
                                        uint32_t part)
{
    uint64_t key = key_of(slot->context, part);
    uint32_t id = refs_find(t, RECORD_ROLLOUT, slot->call, key);
    uint32_t histogram =
        id || trace_tight() || !refs_have_room(t) ? 0 : histogram_get(t, slot, part);
    struct trace_rollout *r = histogram ? (void *)segment_new(&t->segment, sizeof *r) : NULL;
    if (!r)
        return id ? trace_at(id) : NULL;
    r->head.aux = part;
    r->context = slot->context;
    r->call = slot->call;
    r->histogram = histogram;
    trace_commit(&r->head, RECORD_ROLLOUT);
    refs_add(t, RECORD_ROLLOUT, slot->call, key, trace_id(r));
    return r;
}

void rollout_count(const struct visit *v, const struct handoff_outcome *outcome, int erred)
{
    uint32_t part = part_of(outcome);
    if (!part)
        return;
    struct trace_rollout *r = record_get(v->thread, trace_at(v->slot), part);
    if (!r) {
        trace_lose(TRACE_LOSS_ROUTES, 1);
        return;
    }
    struct trace_histogram *histogram = trace_at(r->histogram);
    uint32_t *bucket = &histogram->bucket[trace_bucket_of(v->ticks)];
    *bucket += *bucket != UINT32_MAX;
    r->count++;
    r->ticks += v->ticks;
    r->errors += erred != 0;
    if (v->ticks > r->max)
        r->max = v->ticks;
}
