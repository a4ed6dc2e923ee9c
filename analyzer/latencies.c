/* SPDX-License-Identifier: MIT
 *
 * See latencies.h.
 */
#include "latencies.h"

/* One histogram record and those who count in it. */
struct shared {
    const struct trace_histogram *record;
    uint64_t exact; /* calls that its slots counted */
    struct report_site *site;
    bool several; /* sites, or a site's noise and other calls */
    bool noise;
};

struct collected {
    struct map by_record;
    struct shared *shared;
    size_t count, capacity;
};

static struct shared *shared_at(struct arena *arena, struct collected *all, uint32_t id,
                                const struct trace_histogram *record)
{
    uint32_t index = map_get(&all->by_record, id);
    if (index == MAP_NONE) {
        all->shared =
            arena_grow(arena, all->shared, sizeof *all->shared, all->count, &all->capacity);
        index = (uint32_t)all->count++;
        all->shared[index] = (struct shared){.record = record};
        map_put(&all->by_record, id, index);
    }
    return &all->shared[index];
}

static void collect(const struct source *source, struct collected *all)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        if (record->type != RECORD_SLOT)
            continue;
        const struct trace_slot *slot = (const struct trace_slot *)record;
        const struct report_use *use = source_use(source, cursor.id);
        const struct trace_histogram *histogram =
            reader_record(source->reader, slot->histogram, RECORD_HISTOGRAM);
        if (!use || !histogram)
            continue;
        struct shared *shared = shared_at(source->build->arena, all, slot->histogram, histogram);
        if (shared->site &&
            (shared->site != use->site || shared->noise != (use->noise != NOISE_NONE)))
            shared->several = true;
        if (!shared->site || shared->noise) {
            shared->site = use->site;
            shared->noise = use->noise != NOISE_NONE;
        }
        shared->exact += slot->count;
    }
}

/* A histogram that several sites share is added to each of them, marked. */
static void add_to(struct arena *arena, struct report_site *site, const struct shared *shared)
{
    if (!site->histogram)
        site->histogram = ARENA_NEW(arena, struct histogram);
    histogram_add(site->histogram, shared->record, shared->exact);
    site->histogram_shared |= shared->several;
}

static void add_shared(const struct source *source, const struct collected *all)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    struct map done = {.arena = source->build->arena}; /* (site, histogram) pairs */
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        if (record->type != RECORD_SLOT)
            continue;
        const struct trace_slot *slot = (const struct trace_slot *)record;
        const struct report_use *use = source_use(source, cursor.id);
        uint32_t index = map_get(&all->by_record, slot->histogram);
        if (!use || use->noise || !all->shared || index == MAP_NONE)
            continue;
        uint64_t pair = use->site->id ^ (uint64_t)slot->histogram * 0xff51afd7ed558ccdull;
        if (map_get(&done, pair) != MAP_NONE)
            continue;
        map_put(&done, pair, 1);
        add_to(source->build->arena, use->site, &all->shared[index]);
    }
}

static uint64_t quantile_ns(const struct source *source, const struct report_site *site, double q)
{
    uint64_t max = (uint64_t)((double)site->max_ns / source->ticks.ns_per_tick);
    double ticks = histogram_quantile(site->histogram, q, max);
    return (uint64_t)(ticks * source->ticks.ns_per_tick + 0.5);
}

void latencies_add(struct source *source)
{
    struct collected all = {.by_record.arena = source->build->arena};
    collect(source, &all);
    add_shared(source, &all);
    for (size_t i = 0; i < source->use_count; i++) {
        struct report_site *site = source->use[i]->site;
        if (!site->histogram || site->p50_ns)
            continue;
        site->p50_ns = quantile_ns(source, site, 0.50);
        site->p99_ns = quantile_ns(source, site, 0.99);
    }
}
