/* SPDX-License-Identifier: MIT
 *
 * See site_view.h.
 */
#include "site_view.h"

#include "rollouts.h"
#include "routes.h"
#include "sites.h"
#include "sums.h"
#include "waits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_CLOCK 0.01 /* rates of two traces that differ by less make one histogram */

/* ---- finding ---- */

static int by_rank(const void *a, const void *b)
{
    const struct site_view_in *x = a, *y = b;
    struct report_sums left = sums_of_site(x->site), right = sums_of_site(y->site);
    int order = sums_order(&left, &right);
    return order ? order : x->process->pid - y->process->pid;
}

static int find(struct site_view *view, struct report *report, const char *prefix,
                struct error *error)
{
    view->in = ARENA_ARRAY(&report->arena, struct site_view_in, report->process_count);
    for (unsigned i = 0; i < report->process_count; i++)
        for (unsigned j = 0; j < report->processes[i]->site_count; j++) {
            const struct report_site *site = report->processes[i]->sites[j];
            if (!sites_has_prefix(site->id, prefix))
                continue;
            const struct report_site *first = view->count ? view->in[0].site : site;
            if (first->id != site->id)
                return error_set(error,
                                 "%s: several sites begin so, %s (%s in %s) and %s (%s in "
                                 "%s); give more digits",
                                 prefix, first->short_id, first->call, first->function,
                                 site->short_id, site->call, site->function);
            view->in[view->count++] = (struct site_view_in){site, report->processes[i]};
        }
    if (view->count == 0)
        return error_set(error, "%s: no site begins so in %s; \"shunt report\" lists them", prefix,
                         report->source);
    qsort(view->in, view->count, sizeof *view->in, by_rank);
    view->site = view->in[0].site;
    view->process = view->in[0].process;
    return 0;
}

/* ---- adding up ---- */

static bool same_clock(const struct site_view *view, const struct site_view_in *in)
{
    double here = view->process->ns_per_tick, there = in->process->ns_per_tick;
    return fabs(here - there) < here * SAME_CLOCK;
}

static void add_figures(struct site_view *view, const struct site_view_in *in)
{
    const struct report_site *site = in->site;
    struct report_sums sums = sums_of_site(site);
    if (sums.max_ns > view->sums.max_ns)
        view->max_when_ns = site->max_when_ns;
    sums_add(&view->sums, &sums);
    view->stalled_turns += site->stalled_turns;
    view->errors += site->errors;
    view->again += site->again;
    view->interrupted += site->interrupted;
    view->no_timeout += site->no_timeout;
    waits_add(&view->pending, &site->pending);
    routes_add(&view->moved, &site->moved);
    if (site->rollout && same_clock(view, in))
        rollouts_add(&view->rollout, site->rollout);
    view->noise = site->noise ? site->noise : view->noise;
    view->idle_calls += site->idle_calls;
    view->idle_ns += site->idle_ns;
    view->loops_stall_ns += in->process->stall_ns;
    view->last_error = site->last_error ? site->last_error : view->last_error;
}

static void add_latencies(struct site_view *view)
{
    for (unsigned i = 0; i < view->count; i++) {
        const struct report_site *site = view->in[i].site;
        if (site->calls && (!site->histogram || !same_clock(view, &view->in[i])))
            return;
        if (site->calls)
            histogram_merge(&view->histogram, site->histogram);
        view->histogram_shared |= site->histogram_shared;
    }
    double rate = view->process->ns_per_tick;
    uint64_t max = (uint64_t)((double)view->sums.max_ns / rate);
    view->histogram_known = view->histogram.count != 0;
    view->p50_ns = (uint64_t)(histogram_quantile(&view->histogram, 0.50, max) * rate + 0.5);
    view->p99_ns = (uint64_t)(histogram_quantile(&view->histogram, 0.99, max) * rate + 0.5);
}

static void add_target(struct site_view *view, const struct report_target *target)
{
    for (unsigned i = 0; i < view->target_count; i++)
        if (strcmp(view->targets[i].text, target->text) == 0) {
            view->targets[i].events += target->events;
            view->targets[i].blocked_ns += target->blocked_ns;
            return;
        }
    if (view->target_count < SITE_VIEW_TARGETS)
        view->targets[view->target_count++] = *target;
    else
        view->more_targets = true;
}

static void add_lists(struct site_view *view, const struct site_view_in *in)
{
    const struct report_site *site = in->site;
    for (unsigned i = 0; i < site->place_count; i++)
        view->more_places |=
            !detail_merge_place(view->places, &view->place_count, &site->places[i]);
    for (unsigned i = 0; i < site->target_count; i++)
        add_target(view, &site->targets[i]);
    for (unsigned i = 0; i < site->longest_count; i++)
        detail_keep_longest(view->longest, &view->longest_count, &site->longest[i]);
    view->more_places |= site->more_places;
    view->more_targets |= site->more_targets;
    view->events_overwritten |= in->process->events_overwritten != 0;
}

static int by_blocked(const void *a, const void *b)
{
    const struct report_target *x = a, *y = b;
    return x->blocked_ns < y->blocked_ns ? 1 : -(x->blocked_ns > y->blocked_ns);
}

int site_view_build(struct site_view *view, struct report *report, const char *prefix,
                    struct error *error)
{
    *view = (struct site_view){0};
    if (find(view, report, prefix, error) < 0)
        return -1;
    for (unsigned i = 0; i < view->count; i++) {
        add_figures(view, &view->in[i]);
        add_lists(view, &view->in[i]);
    }
    add_latencies(view);
    detail_order_places(view->places, view->place_count);
    qsort(view->targets, view->target_count, sizeof *view->targets, by_blocked);
    return 0;
}
