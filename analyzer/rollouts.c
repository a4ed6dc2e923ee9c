/* SPDX-License-Identifier: MIT
 *
 * See rollouts.h. Several records of a site may name one histogram: it is added once.
 */
#include "rollouts.h"

static struct report_rollout *rollout_of(struct arena *arena, struct report_site *site)
{
    if (!site->rollout)
        site->rollout = ARENA_NEW(arena, struct report_rollout);
    return site->rollout;
}

static void add_record(const struct source *source, struct map *done,
                       const struct trace_rollout *record)
{
    uint32_t part = record->head.aux;
    uint32_t use = map_get(&source->chains, source_chain(record->call, record->context));
    if (use == MAP_NONE || part == 0 || part >= REPORT_PARTS)
        return;
    struct report_site *site = source->use[use]->site;
    struct report_rollout *rollout = rollout_of(source->build->arena, site);
    struct report_rollout_part *to = &rollout->part[part];
    uint64_t max_ns = source_ns(source, record->max);
    to->calls += record->count;
    to->ns += source_ns(source, record->ticks);
    to->errors += record->errors;
    if (max_ns > to->max_ns)
        to->max_ns = max_ns;
    rollout->histogram_shared |= site->histogram_shared;

    uint64_t pair = site->id ^ (uint64_t)record->histogram * 0xff51afd7ed558ccdull;
    const struct trace_histogram *histogram =
        reader_record(source->reader, record->histogram, RECORD_HISTOGRAM);
    if (!histogram || map_get(done, pair) != MAP_NONE)
        return;
    map_put(done, pair, 1);
    histogram_add(&to->histogram, histogram, 0);
}

void rollouts_fill(struct source *source)
{
    struct map done = {.arena = source->build->arena}; /* (site, histogram) pairs */
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));)
        if (record->type == RECORD_ROLLOUT && source_thread(source, &cursor))
            add_record(source, &done, (const struct trace_rollout *)record);
}

bool rollouts_compare(const struct report_rollout *rollout)
{
    return rollout && rollout->part[ROLLOUT_OUTSIDE].calls &&
           (rollout->part[ROLLOUT_MOVED].calls || rollout->part[ROLLOUT_STAYED].calls);
}

static void add_part(struct report_rollout_part *sum, const struct report_rollout_part *more)
{
    sum->calls += more->calls;
    sum->ns += more->ns;
    sum->errors += more->errors;
    if (more->max_ns > sum->max_ns)
        sum->max_ns = more->max_ns;
    histogram_merge(&sum->histogram, &more->histogram);
}

void rollouts_share(const struct report_rollout *rollout, struct report_rollout_part *share)
{
    *share = rollout->part[ROLLOUT_MOVED];
    add_part(share, &rollout->part[ROLLOUT_STAYED]);
}

void rollouts_add(struct report_rollout *sum, const struct report_rollout *more)
{
    for (unsigned i = 1; i < REPORT_PARTS; i++)
        add_part(&sum->part[i], &more->part[i]);
    sum->histogram_shared |= more->histogram_shared;
}
