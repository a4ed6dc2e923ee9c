/* SPDX-License-Identifier: MIT
 *
 * Adds up the runs of both sides: processes to roles, their sites by id, their loops by name.
 */
#include "diff_parts.h"
#include "map.h"
#include "ns_histogram.h"
#include "sites.h"
#include "stats.h"

#include <string.h>

struct collector {
    struct diff *diff;
    struct arena *arena;
    struct map sites; /* key of role and id -> index */
    enum diff_when when;
    unsigned run;
};

static const struct diff_run *run_of(const struct collector *c)
{
    return &c->diff->side[c->when].runs[c->run];
}

/* ---- roles ---- */

/* Who forked these children: their own name, or for the sum of ended ones that of their parent. */
static const char *family(const struct report *report, const struct report_process *child)
{
    for (unsigned i = 0; child->pid == 0 && i < report->process_count; i++)
        if (report->processes[i]->pid == child->ppid && !report->processes[i]->forked)
            return report->processes[i]->name;
    return child->name;
}

static struct diff_role *role_of(struct collector *c, const struct report_process *process)
{
    struct diff *diff = c->diff;
    bool main = process == run_of(c)->main;
    const char *name = process->name;
    if (process->forked)
        name = arena_print(c->arena, "children of %s", family(&run_of(c)->report, process));
    for (size_t i = 0; i < diff->role_count; i++) {
        struct diff_role *role = diff->roles[i];
        if (main ? role->main : !role->main && strcmp(role->name, name) == 0)
            return role;
    }
    struct diff_role *role = ARENA_NEW(c->arena, struct diff_role);
    *role = (struct diff_role){.name = name, .main = main};
    for (int when = 0; when < DIFF_SIDES; when++)
        role->run[when] = ARENA_ARRAY(c->arena, struct diff_exposure, diff->side[when].run_count);
    diff->roles = arena_grow(c->arena, diff->roles, sizeof *diff->roles, diff->role_count,
                             &diff->role_capacity);
    diff->roles[diff->role_count++] = role;
    return role;
}

static void add_exposure(struct collector *c, struct diff_role *role,
                         const struct report_process *process)
{
    struct diff_exposure *exposure = &role->run[c->when][c->run];
    exposure->processes++;
    if (process->wall_ns > exposure->wall_ns)
        exposure->wall_ns = process->wall_ns;
    for (unsigned i = 0; i < process->site_count; i++)
        exposure->calls += process->sites[i]->calls;
    for (unsigned i = 0; i < process->loop_count; i++)
        exposure->turns += process->loops[i]->turns;
    role->loops[c->when] += process->loop_count;
}

/* ---- sites ---- */

static struct diff_site *site_of(struct collector *c, struct diff_role *role, uint64_t id)
{
    struct diff *diff = c->diff;
    uint64_t key = id ^ (uint64_t)(uintptr_t)role * 0x9e3779b97f4a7c15ull;
    uint32_t index = map_get(&c->sites, key);
    if (index != MAP_NONE)
        return diff->sites[index];
    struct diff_site *site = ARENA_NEW(c->arena, struct diff_site);
    site->id = id;
    site->role = role;
    site->p = site->false_rate = 1;
    for (int when = 0; when < DIFF_SIDES; when++) {
        site->side[when].run = ARENA_ARRAY(c->arena, struct diff_count, diff->side[when].run_count);
        site->side[when].threads = site->side[when].loop_threads = "";
    }
    diff->sites = arena_grow(c->arena, diff->sites, sizeof *diff->sites, diff->site_count,
                             &diff->site_capacity);
    index = (uint32_t)diff->site_count++;
    diff->sites[index] = site;
    map_put(&c->sites, key, index);
    return site;
}

static void add_thread_name(struct collector *c, const char **names,
                            const struct report_thread *thread)
{
    enum { NAMES_WIDTH = 48 };
    const char *name = thread->is_main ? "main" : thread->name;
    const char *had = *names ? *names : "";
    if (!diff_share_name(name, had) && strlen(had) < NAMES_WIDTH)
        *names = arena_print(c->arena, "%s%s%s", had, *had ? ", " : "", name);
}

static void sum_counts(struct diff_count *sum, const struct diff_count *more)
{
    sum->calls += more->calls;
    sum->total_ns += more->total_ns;
    sum->max_ns = more->max_ns > sum->max_ns ? more->max_ns : sum->max_ns;
    sum->blocked += more->blocked;
    sum->blocked_ns += more->blocked_ns;
    sum->loop_calls += more->loop_calls;
    sum->stalled_turns += more->stalled_turns;
    sum->stall_ns += more->stall_ns;
    sum->pending += more->pending;
    sum->pending_ns += more->pending_ns;
    ns_histogram_sum(&sum->latencies, &more->latencies);
}

static void add_site(struct collector *c, struct diff_role *role,
                     const struct report_process *process, const struct report_site *site)
{
    struct diff_figures *figures = &site_of(c, role, site->id)->side[c->when];
    struct diff_count here = {.calls = site->calls,
                              .total_ns = site->total_ns,
                              .max_ns = site->max_ns,
                              .blocked = site->blocked,
                              .blocked_ns = site->blocked_ns,
                              .stalled_turns = site->stalled_turns,
                              .stall_ns = site->stall_ns};
    if (site->pending_kind == PENDING_YIELDS) {
        here.pending = site->pending.count + site->pending.unfinished;
        here.pending_ns = site->pending.ns + site->pending.unfinished_ns;
    }
    if (site->histogram)
        ns_histogram_add(&here.latencies, site->histogram, process->ns_per_tick);
    for (const struct report_use *use = site->uses; use; use = use->next) {
        if (use->noise)
            continue;
        if (use->thread->loop)
            here.loop_calls += use->calls;
        add_thread_name(c, use->thread->loop ? &figures->loop_threads : &figures->threads,
                        use->thread);
    }
    if (figures->run[c->run].calls == 0)
        figures->runs++;
    sum_counts(&figures->run[c->run], &here);
    sum_counts(&figures->sum, &here);
    if (!figures->site || site->total_ns > figures->site->total_ns)
        figures->site = site;
}

/* ---- loops ---- */

/* Threads that differ in a number are of one kind. */
static const char *loop_name(struct arena *arena, const struct report_thread *thread)
{
    if (thread->is_main)
        return "main";
    char *name = arena_copy(arena, thread->name);
    char *to = name;
    for (const char *from = name; *from; from++) {
        bool digit = *from >= '0' && *from <= '9';
        if (digit && to > name && to[-1] == '#')
            continue;
        *to++ = digit ? '#' : *from;
    }
    *to = '\0';
    return name;
}

static struct diff_loop *loop_of(struct collector *c, const struct diff_role *role,
                                 const struct report_loop *loop)
{
    struct diff *diff = c->diff;
    const char *name = loop_name(c->arena, loop->thread);
    for (size_t i = 0; i < diff->loop_count; i++) {
        struct diff_loop *known = diff->loops[i];
        if (known->role == role && strcmp(known->name, name) == 0 &&
            strcmp(known->call, loop->call) == 0)
            return known;
    }
    struct diff_loop *added = ARENA_NEW(c->arena, struct diff_loop);
    *added = (struct diff_loop){.role = role, .name = name, .call = loop->call};
    for (int when = 0; when < DIFF_SIDES; when++)
        added->run[when] =
            ARENA_ARRAY(c->arena, struct diff_loop_count, diff->side[when].run_count);
    diff->loops = arena_grow(c->arena, diff->loops, sizeof *diff->loops, diff->loop_count,
                             &diff->loop_capacity);
    diff->loops[diff->loop_count++] = added;
    return added;
}

static void add_loop_count(struct diff_loop_count *sum, const struct report_loop *loop,
                           double ns_per_tick)
{
    sum->loops++;
    sum->observed_ns += loop->observed_ns;
    sum->turns += loop->turns;
    sum->turn_ns += loop->turn_ns;
    sum->stalls += loop->stalls;
    sum->stall_ns += loop->stall_ns;
    sum->max_ns = loop->max_ns > sum->max_ns ? loop->max_ns : sum->max_ns;
    ns_histogram_add(&sum->stall_lengths, &loop->stall_histogram, ns_per_tick);
}

static void add_loop(struct collector *c, const struct diff_role *role,
                     const struct report_process *process, const struct report_loop *loop)
{
    struct diff_loop *kept = loop_of(c, role, loop);
    add_loop_count(&kept->run[c->when][c->run], loop, process->ns_per_tick);
    add_loop_count(&kept->sum[c->when], loop, process->ns_per_tick);
}

static void finish_loop(struct diff_loop *loop)
{
    for (int when = 0; when < DIFF_SIDES; when++) {
        const struct diff_loop_count *sum = &loop->sum[when];
        if (sum->observed_ns)
            loop->share[when] = (double)sum->stall_ns / (double)sum->observed_ns;
        loop->p50_ns[when] = ns_histogram_quantile(&sum->stall_lengths, 0.50, sum->max_ns);
        loop->p99_ns[when] = ns_histogram_quantile(&sum->stall_lengths, 0.99, sum->max_ns);
    }
}

/* ---- runs ---- */

static void add_run(struct collector *c)
{
    const struct report *report = &run_of(c)->report;
    for (unsigned i = 0; i < report->process_count; i++) {
        const struct report_process *process = report->processes[i];
        struct diff_role *role = role_of(c, process);
        add_exposure(c, role, process);
        for (unsigned j = 0; j < process->site_count; j++)
            if (process->sites[j]->calls)
                add_site(c, role, process, process->sites[j]);
        for (unsigned j = 0; j < process->loop_count; j++)
            add_loop(c, role, process, process->loops[j]);
    }
}

static double part_of_run(const struct diff *diff, const struct diff_site *site,
                          enum diff_when when)
{
    double wall = diff_wall(diff, when) * diff->side[when].run_count;
    const struct diff_count *sum = &site->side[when].sum;
    return wall > 0 ? (double)(sum->total_ns + sum->pending_ns) / wall : 0;
}

static void finish_site(const struct diff *diff, struct diff_site *site)
{
    for (int when = 0; when < DIFF_SIDES; when++) {
        struct diff_figures *figures = &site->side[when];
        figures->p50_ns = ns_histogram_quantile(&figures->sum.latencies, 0.50, figures->sum.max_ns);
        figures->p99_ns = ns_histogram_quantile(&figures->sum.latencies, 0.99, figures->sum.max_ns);
        double part = part_of_run(diff, site, when);
        site->weight = part > site->weight ? part : site->weight;
        site->yields[when] = figures->sum.pending_ns > figures->sum.blocked_ns;
    }
    site->quiet = site->side[DIFF_BEFORE].sum.blocked + site->side[DIFF_AFTER].sum.blocked == 0;
}

/* Ids as short as they can be among the sites of all runs: as one process of one report. */
static void shorten(struct diff *diff)
{
    struct report_process all = {
        .sites = ARENA_ARRAY(&diff->arena, struct report_site *, diff->site_count)};
    for (size_t i = 0; i < diff->site_count; i++) {
        struct report_site *copy = ARENA_NEW(&diff->arena, struct report_site);
        copy->id = diff->sites[i]->id;
        diff->sites[i]->short_id = copy->short_id;
        all.sites[all.site_count++] = copy;
    }
    struct report_process *processes = &all;
    struct report report = {.arena = diff->arena, .processes = &processes, .process_count = 1};
    sites_shorten(&report);
    diff->arena = report.arena;
}

double diff_wall(const struct diff *diff, enum diff_when when)
{
    return (double)diff->side[when].wall_ns;
}

static void measure_side(struct diff *diff, enum diff_when when)
{
    struct diff_side *side = &diff->side[when];
    double *walls = ARENA_ARRAY(&diff->arena, double, side->run_count);
    for (unsigned i = 0; i < side->run_count; i++)
        walls[i] = (double)side->runs[i].main->wall_ns;
    side->wall_ns = (uint64_t)stats_median(walls, side->run_count);
}

void diff_collect(struct diff *diff)
{
    struct collector c = {.diff = diff, .arena = &diff->arena};
    c.sites.arena = &diff->arena;
    for (int when = 0; when < DIFF_SIDES; when++) {
        c.when = (enum diff_when)when;
        measure_side(diff, c.when);
        for (c.run = 0; c.run < diff->side[when].run_count; c.run++)
            add_run(&c);
    }
    for (size_t i = 0; i < diff->site_count; i++)
        finish_site(diff, diff->sites[i]);
    for (size_t i = 0; i < diff->loop_count; i++)
        finish_loop(diff->loops[i]);
    shorten(diff);
}
