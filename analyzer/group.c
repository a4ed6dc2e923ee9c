/* SPDX-License-Identifier: MIT
 *
 * See group.h. Sites are handed out in parts, each to the group of its name; a group's latencies
 * are known when it has all calls of its sites, for histograms are kept by site.
 */
#include "group.h"

#include "map.h"
#include "sums.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* A group while it grows. */
struct growing {
    struct report_group group;
    struct member {
        struct report_site *site;
        uint64_t calls; /* of it that are in the group */
    } * members;
    size_t capacity;
};

struct gather {
    struct arena *arena;
    struct report_process *process;
    struct map by_name; /* key of a name -> index */
    struct growing *groups;
    size_t count, capacity;
};

/* ---- collecting ---- */

static struct growing *group_at(struct gather *gather, const char *name)
{
    uint64_t key = text_key(name);
    uint32_t index = map_get(&gather->by_name, key);
    if (index == MAP_NONE) {
        gather->groups = arena_grow(gather->arena, gather->groups, sizeof *gather->groups,
                                    gather->count, &gather->capacity);
        index = (uint32_t)gather->count++;
        gather->groups[index] = (struct growing){.group.name = name};
        map_put(&gather->by_name, key, index);
    }
    return &gather->groups[index];
}

static void add(struct gather *gather, const char *name, struct report_site *site,
                const struct report_sums *sums)
{
    if (sums->calls == 0)
        return;
    struct growing *into = group_at(gather, name);
    sums_add(&into->group.sums, sums);
    unsigned count = into->group.site_count;
    /* sites come one after the other */
    if (count == 0 || into->members[count - 1].site != site) {
        into->members =
            arena_grow(gather->arena, into->members, sizeof *into->members, count, &into->capacity);
        into->members[count] = (struct member){.site = site};
        into->group.site_count = ++count;
    }
    into->members[count - 1].calls += sums->calls;
}

static void add_whole(struct gather *gather, const char *name, struct report_site *site)
{
    struct report_sums sums = sums_of_site(site);
    add(gather, name, site, &sums);
}

static void by_site(struct gather *gather, struct report_site *site)
{
    add_whole(gather, site->short_id, site);
}

static void by_library(struct gather *gather, struct report_site *site)
{
    for (const struct report_part *part = site->parts; part; part = part->next)
        add(gather, part->library, site, &part->sums);
}

static void by_module(struct gather *gather, struct report_site *site)
{
    add_whole(gather, site->shown_module, site);
}

static void by_target(struct gather *gather, struct report_site *site)
{
    add_whole(gather, site->pattern ? site->pattern : GROUP_NO_TARGET, site);
}

static void by_thread(struct gather *gather, struct report_site *site)
{
    for (const struct report_use *use = site->uses; use; use = use->next) {
        struct report_sums sums = sums_of_use(use);
        if (!use->noise)
            add(gather, use->thread->name, site, &sums);
    }
}

/* ---- what follows from the sums ---- */

/* How pressing a verdict is. */
static unsigned pressing(enum verdict verdict)
{
    static const unsigned ranks[] = {[VERDICT_FINE] = 0,
                                     [VERDICT_COOPERATIVE] = 1,
                                     [VERDICT_UNKNOWN] = 2,
                                     [VERDICT_OFFLOAD] = 3,
                                     [VERDICT_CHANGE] = 4};
    return ranks[verdict];
}

static void judge(struct growing *growing)
{
    struct report_group *group = &growing->group;
    for (unsigned i = 0; i < group->site_count; i++) {
        enum verdict verdict = growing->members[i].site->advice.verdict;
        if (pressing(verdict) > pressing(group->worst)) {
            group->worst = verdict;
            group->worst_count = 0;
        }
        group->worst_count += verdict == group->worst;
    }
}

static void measure(const struct gather *gather, struct growing *growing)
{
    struct report_group *group = &growing->group;
    struct histogram sum = {0};
    double rate = gather->process->ns_per_tick;
    for (unsigned i = 0; i < group->site_count; i++) {
        const struct report_site *site = growing->members[i].site;
        if (growing->members[i].calls != site->calls || !site->histogram || site->histogram_shared)
            return;
        histogram_merge(&sum, site->histogram);
    }
    uint64_t max = (uint64_t)((double)group->sums.max_ns / rate);
    group->quantiles_known = true;
    group->p50_ns = (uint64_t)(histogram_quantile(&sum, 0.50, max) * rate + 0.5);
    group->p99_ns = (uint64_t)(histogram_quantile(&sum, 0.99, max) * rate + 0.5);
}

static void hand_over_sites(const struct gather *gather, struct growing *growing)
{
    struct report_group *group = &growing->group;
    group->sites = ARENA_ARRAY(gather->arena, struct report_site *, group->site_count);
    for (unsigned i = 0; i < group->site_count; i++)
        group->sites[i] = growing->members[i].site;
}

static void count_threads(const struct report_process *process, struct report_group *group)
{
    for (unsigned i = 0; i < process->thread_count; i++)
        if (strcmp(process->threads[i]->name, group->name) == 0)
            group->threads += process->threads[i]->folded ? process->threads[i]->folded : 1;
}

static int by_rank(const void *a, const void *b)
{
    const struct report_group *x = a, *y = b;
    int order = sums_order(&x->sums, &y->sums);
    return order ? order : strcmp(x->name, y->name);
}

static void finish(struct gather *gather, enum report_grouping kind)
{
    struct report_process *process = gather->process;
    struct report_group *groups = ARENA_ARRAY(gather->arena, struct report_group, gather->count);
    for (size_t i = 0; i < gather->count; i++) {
        judge(&gather->groups[i]);
        measure(gather, &gather->groups[i]);
        hand_over_sites(gather, &gather->groups[i]);
        groups[i] = gather->groups[i].group;
        if (kind == GROUP_THREAD)
            count_threads(process, &groups[i]);
    }
    if (gather->count)
        qsort(groups, gather->count, sizeof *groups, by_rank);
    process->groups[kind] = groups;
    process->group_count[kind] = (unsigned)gather->count;
}

void group_process(struct arena *arena, struct report_process *process)
{
    static void (*const each[])(struct gather *, struct report_site *) = {
        [GROUP_SITE] = by_site,     [GROUP_LIBRARY] = by_library, [GROUP_MODULE] = by_module,
        [GROUP_TARGET] = by_target, [GROUP_THREAD] = by_thread,
    };
    for (int kind = 0; kind < GROUP_KINDS; kind++) {
        struct gather gather = {.arena = arena, .process = process, .by_name.arena = arena};
        for (unsigned i = 0; i < process->site_count; i++)
            each[kind](&gather, process->sites[i]);
        finish(&gather, (enum report_grouping)kind);
    }
}
