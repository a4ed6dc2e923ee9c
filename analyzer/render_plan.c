/* SPDX-License-Identifier: MIT
 *
 * The parts of a page that speak of a goal: which one it is, what would hold a thread once the loop
 * is gone, and the work there is.
 */
#include "render_parts.h"

#include "advise.h"
#include "advise_rules.h"
#include "format.h"
#include "plan.h"
#include "render_table.h"

#include <stdlib.h>
#include <string.h>

#define IDS_MOST    24u /* of one kind of work */
#define SPAWNS_MOST 5u
#define AT_LIMIT    8u   /* births that brought the number to its peak */
#define HUB_SHARE   100u /* one part in so many of a hub's thread */

/* ---- the goal ---- */

static const char *loop_words(struct page *page, const struct report_process *process)
{
    const struct advise_runtime *runtime = advise_runtime_of(process->runtime);
    return runtime ? arena_print(page->arena, "%s's %s", runtime->shown,
                                 runtime->on == ON_GREEN ? "hub" : "loop")
                   : "the loop";
}

void parts_goal(struct page *page, const struct report *report,
                const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *loop = loop_words(page, process);
    if (report->goal == GOAL_THREADS && process->loop_count == 0 && !process->runtime)
        page_wrap(page, PAGE_BOLD, "GOAL threads", 5,
                  ": no loop was met, so its calls are on threads of their own already.");
    else if (report->goal == GOAL_THREADS)
        page_wrap(page, PAGE_BOLD, "GOAL threads", 5,
                  arena_print(a, ": native threads instead of %s (--goal unblock: keep it)", loop));
    else if (process->runtime)
        page_wrap(page, PAGE_BOLD, "GOAL unblock", 5,
                  arena_print(a, ": keep %s, stop blocking it (--goal threads: leave it)", loop));
}

/* ---- what will hold a thread ---- */

static uint64_t waits_of(const struct report_site *site)
{
    if (site->pending_kind != PENDING_YIELDS)
        return site->blocked;
    return site->blocked + site->pending.count + site->pending.unfinished + site->pending.live;
}

static bool yields(const struct report_site *site)
{
    return site->pending_kind == PENDING_YIELDS &&
           site->pending.ns + site->pending.unfinished_ns > site->blocked_ns;
}

static int by_time(const void *a, const void *b)
{
    const struct report_site *x = *(struct report_site *const *)a;
    const struct report_site *y = *(struct report_site *const *)b;
    uint64_t left = plan_thread_ns(x), right = plan_thread_ns(y);
    return left != right ? (left > right ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

/* On a hub whose turns were not measured. */
static bool holds_up_hub(const struct report_site *site)
{
    for (const struct report_use *use = site->uses; use; use = use->next)
        if (!use->noise && use->thread->hub && !use->thread->loop)
            return yields(site) || use->blocked_ns * HUB_SHARE > use->thread->wall_ns;
    return false;
}

/* Sites of loops that will wait on threads, most time first. */
static unsigned collect(struct page *page, const struct report_process *process,
                        struct report_site ***sites)
{
    unsigned count = 0;
    *sites = ARENA_ARRAY(page->arena, struct report_site *, process->site_count);
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        bool goes = advise_is_runtimes(site);
        /* what blocked before the loop was there, or rarely, is no more of its work */
        bool of_loop = (site->on_loop && (yields(site) || site->stall_ns)) || holds_up_hub(site);
        if (of_loop && !goes && plan_thread_ns(site) >= process->threshold_ns)
            (*sites)[count++] = site;
    }
    if (count)
        qsort(*sites, count, sizeof **sites, by_time);
    return count;
}

/* A call that holds up the loop lets no second one begin. */
static const char *peak_of(struct page *page, const struct report_site *site)
{
    if (!yields(site))
        return "?";
    const struct report_pending *pending = &site->pending;
    const char *most = format_count(page->arena, pending->peak_most);
    return pending->peak_least == pending->peak_most ? most
                                                     : arena_print(page->arena, "<=%s", most);
}

static const char *below(struct page *page, const struct report_site *site)
{
    struct arena *a = page->arena;
    const char *text =
        yields(site)
            ? arena_print(a, "yields today  max %s", format_duration(a, site->pending.max_ns))
        : site->histogram
            ? arena_print(a, "holds up the loop today  p50 %s  p99 %s  max %s",
                          format_duration(a, site->p50_ns), format_duration(a, site->p99_ns),
                          format_duration(a, site->max_ns))
            : arena_print(a, "holds up the loop today  max %s", format_duration(a, site->max_ns));
    const char *place = table_place(page, site);
    if (*place)
        text = arena_print(a, "%s  %s", place, text);
    if (site->via)
        text = arena_print(a, "%s  via %s", text, site->via);
    const char *callers = table_callers(page, site->callers);
    return *callers ? arena_print(a, "%s  from %s", text, callers) : text;
}

static void explain(struct page *page, bool unknown)
{
    page_wrap(page, PAGE_DIM, "  ", 2,
              arena_print(page->arena, "(PEAK: waits at a time, which is threads at a time.%s)",
                          unknown ? " ?: a call that holds up the loop lets no second one begin; "
                                    "how many there would be was not seen."
                                  : ""));
}

/* As many as there is room for, but not what hardly waits. */
static unsigned worth_showing(struct report_site *const *sites, unsigned count, unsigned top)
{
    enum { ALWAYS = 3, WORTH = 200 };
    uint64_t sum = 0;
    unsigned shown = 0;
    for (unsigned i = 0; i < count; i++)
        sum += plan_thread_ns(sites[i]);
    while (shown < count && shown < top &&
           (shown < ALWAYS || plan_thread_ns(sites[shown]) * WORTH >= sum))
        shown++;
    return shown;
}

/* How many there were at a time is how many threads there would be. */
static void spawn_points(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    unsigned shown = 0;
    for (unsigned i = 0; i < process->spawn_count && shown < SPAWNS_MOST; i++) {
        const struct report_spawn *spawn = process->spawns[i];
        if (!spawn->green || spawn->hub || !spawn->function)
            continue;
        const char *alive = spawn->peak_least == spawn->peak_most
                                ? format_count(a, spawn->peak_most)
                                : arena_print(a, "%s to %s", format_count(a, spawn->peak_least),
                                              format_count(a, spawn->peak_most));
        const char *waiting =
            spawn->in_flight && spawn->in_flight <= spawn->peak_most
                ? arena_print(a, ", %s of them waiting", format_count(a, spawn->in_flight))
                : "";
        page_wrap(page, PAGE_PLAIN, shown++ ? "            " : "GREEN NOW   ", 14,
                  arena_print(a, "%s: %s started, %s alive at a time%s%s", spawn->function,
                              format_count(a, spawn->born), alive, waiting,
                              spawn->at_peak >= AT_LIMIT && spawn->peak_most > 1
                                  ? " (perhaps at a limit: then the demand is not known)"
                                  : ""));
    }
}

/* What asks for readiness before it calls never says EAGAIN. */
static void not_seen(struct page *page, const struct report_process *process)
{
    const struct advise_runtime *runtime = advise_runtime_of(process->runtime);
    if (runtime && runtime->on == ON_GREEN)
        return;
    page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8,
              "a loop that asks for readiness before it calls waits in its own call alone: what "
              "such calls would wait for on threads was not seen, and is not in the table.");
}

void parts_on_threads(struct page *page, const struct report_process *process, unsigned top)
{
    struct arena *a = page->arena;
    struct report_site **sites;
    unsigned count = collect(page, process, &sites), shown = worth_showing(sites, count, top);
    bool unknown = false;
    fputc('\n', page->out);
    if (count == 0) {
        page_line(page, "ON THREADS  nothing that ran on a loop would hold a thread.");
        return;
    }
    page_wrap(page, PAGE_BOLD, "ON THREADS", 2,
              arena_print(a, "  %s:",
                          format_plural(a, count, "site of the loop would hold a thread",
                                        "sites of the loop would hold threads")));
    fputc('\n', page->out);
    int ids = table_id_width(sites, shown);
    table_site_head(page, ids, (const char *const[]){"WAITS", "TIME", "PEAK"});
    for (unsigned i = 0; i < shown; i++) {
        unknown |= !yields(sites[i]);
        table_site_row(page, ids, sites[i],
                       (const char *const[]){format_count(a, waits_of(sites[i])),
                                             format_duration(a, plan_thread_ns(sites[i])),
                                             peak_of(page, sites[i])},
                       below(page, sites[i]));
    }
    if (count > shown)
        page_line(page, "%*s %u more", ids, "", count - shown);
    explain(page, unknown);
    spawn_points(page, process);
    not_seen(page, process);
}

/* ---- the work ---- */

static bool same_work(const struct report_site *a, const struct report_site *b)
{
    return a->advice.verdict == b->advice.verdict &&
           strcmp(a->advice.headline, b->advice.headline) == 0 &&
           strcmp(a->advice.work, b->advice.work) == 0;
}

static bool told_before(const struct report_process *process, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (same_work(process->plan[i], process->plan[index]))
            return true;
    return false;
}

/* All sites with the same work as this one. */
static void tell(struct page *page, const struct report_process *process, unsigned index)
{
    struct arena *a = page->arena;
    const struct report_site *first = process->plan[index];
    const char *ids = "";
    unsigned count = 0, effort = 0;
    for (unsigned i = index; i < process->plan_count; i++) {
        const struct report_site *site = process->plan[i];
        if (!same_work(first, site))
            continue;
        effort += site->advice.effort;
        if (count++ < IDS_MOST)
            ids = arena_print(a, "%s%s%s", ids, *ids ? ", " : "", site->short_id);
    }
    const char *more = count > IDS_MOST ? arena_print(a, " and %u more", count - IDS_MOST) : "";
    page_wrap(page, PAGE_PLAIN,
              arena_print(a, "  %-12s", report_verdict_name(first->advice.verdict)), 14,
              arena_print(a, "%s, %s: %s%s. %s", format_plural(a, count, "site", "sites"),
                          format_plural(a, effort, "point", "points"), ids, more,
                          first->advice.headline));
    page_wrap(page, PAGE_PLAIN, "              do: ", 18, first->advice.work);
}

void parts_plan(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    unsigned active = 0;
    for (unsigned i = 0; i < process->site_count; i++)
        active += process->sites[i]->calls != 0;
    fputc('\n', page->out);
    page_wrap(page, PAGE_BOLD, "PLAN", 2,
              process->plan_count
                  ? arena_print(a, "  %u of %s %s work, %s in all, in this order:",
                                process->plan_count, format_plural(a, active, "site", "sites"),
                                process->plan_count == 1 ? "needs" : "need",
                                format_plural(a, process->plan_effort, "point", "points"))
                  : arena_print(a, "  none of %s needs work.",
                                format_plural(a, active, "site", "sites")));
    for (unsigned i = 0; i < process->plan_count; i++)
        if (!told_before(process, i))
            tell(page, process, i);
}
