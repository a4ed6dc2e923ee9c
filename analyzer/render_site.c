/* SPDX-License-Identifier: MIT
 *
 * One site in full, over all processes: who it is, its figures, from where it was called, what it
 * waited for, where and when, and the verdict.
 */
#include "render.h"

#include "format.h"
#include "map.h"
#include "noise.h"
#include "page.h"
#include "render_parts.h"
#include "render_rollouts.h"
#include "render_table.h"
#include "site_view.h"
#include "sums.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOCKS_MOST     5u
#define HISTOGRAM_ROWS 12u
#define BAR            "########################################"
#define BAR_WIDTH      ((double)(sizeof BAR - 1))
#define ROWS_MOST      8u
#define STACK_WIDTH    58

/* Counts of several buckets in one row: at most HISTOGRAM_ROWS rows, and a dot for rows without. */
static void histogram(struct page *page, const struct site_view *view)
{
    const struct histogram *h = &view->histogram;
    if (!view->histogram_known)
        return;
    unsigned first = 0, last = TRACE_BUCKETS - 1, rows = 0;
    while (h->bucket[first] == 0)
        first++;
    while (h->bucket[last] == 0)
        last--;
    unsigned each = (last - first) / HISTOGRAM_ROWS + 1;
    uint64_t sums[HISTOGRAM_ROWS + 1] = {0}, most = 1;
    for (unsigned i = first; i <= last; i++) {
        rows = (i - first) / each;
        sums[rows] += h->bucket[i];
        most = sums[rows] > most ? sums[rows] : most;
    }
    for (unsigned i = 0; i <= rows; i++) {
        double start = (double)trace_bucket_start(first + i * each) * view->process->ns_per_tick;
        int length = (int)((double)sums[i] / (double)most * BAR_WIDTH + 0.5);
        if (sums[i])
            page_line(page, "  from %8s %12s  %.*s", format_duration(page->arena, (uint64_t)start),
                      format_count(page->arena, sums[i]), length ? length : 1, BAR);
        else if (sums[i - 1])
            page_line(page, "           .");
    }
    if (view->histogram_shared)
        page_line(page,
                  "  (also counts idle waits, or other sites' calls through the same function)");
}

static void stalls(struct page *page, const struct site_view *view)
{
    struct arena *a = page->arena;
    const char *share =
        view->loops_stall_ns ? format_share(a, view->sums.stall_ns, view->loops_stall_ns) : NULL;
    if (view->sums.stall_ns)
        page_wrap(page, PAGE_PLAIN, "  ", 4,
                  arena_print(a, "in %s stalled turns of its loop, %s of them spent here%s%s%s",
                              format_count(a, view->stalled_turns),
                              format_duration(a, view->sums.stall_ns), share ? " (" : "",
                              share ? share : "", share ? " of all stall)" : ""));
}

static void figures(struct page *page, const struct site_view *view)
{
    struct arena *a = page->arena;
    const char *quantiles =
        view->histogram_known ? arena_print(a, "p50 %s  p99 %s  ", format_duration(a, view->p50_ns),
                                            format_duration(a, view->p99_ns))
                              : "";
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(
                  a, "%s calls, %s in total;  %smax %s (at +%s)", format_count(a, view->sums.calls),
                  format_duration(a, view->sums.total_ns), quantiles,
                  format_duration(a, view->sums.max_ns), format_duration(a, view->max_when_ns)));
    page_line(page, "  %s blocked (took %s or more), %s in all",
              format_count(a, view->sums.blocked), format_duration(a, view->process->threshold_ns),
              format_duration(a, view->sums.blocked_ns));
    stalls(page, view);
    if (view->again || view->interrupted || view->errors)
        page_line(page, "  %s would have blocked (EAGAIN), %s interrupted, %s failed%s",
                  format_count(a, view->again), format_count(a, view->interrupted),
                  format_count(a, view->errors),
                  view->errors && view->last_error
                      ? arena_print(a, " (latest: error %d)", view->last_error)
                      : "");
    if (view->pending.count || view->pending.unfinished || view->pending.live)
        page_wrap(page, PAGE_PLAIN, "  ", 4,
                  arena_print(a, "pending, from EAGAIN to success: %s",
                              parts_pending(page, &view->pending)));
    parts_site_routes(page, &view->moved);
    rollouts_show(page, &view->rollout, view->process->ns_per_tick);
    if (view->no_timeout)
        page_line(page, "  %s of the blocked calls had no time limit",
                  format_count(a, view->no_timeout));
    if (view->idle_calls)
        page_wrap(page, PAGE_PLAIN, "  ", 4,
                  arena_print(a, "besides, left out as noise (%s): %s, %s",
                              noise_words(view->noise),
                              format_plural(a, view->idle_calls, "call", "calls"),
                              format_duration(a, view->idle_ns)));
}

static const char *place_text(struct page *page, const struct report_place *place)
{
    struct arena *a = page->arena;
    const char *text =
        place->file ? arena_print(a, "%s:%d", text_basename(place->file), place->line) : "";
    if (place->via)
        text = arena_print(a, "%s%svia %s", text, *text ? "  " : "", place->via);
    const char *callers = table_callers(page, place->callers);
    if (*callers)
        text = arena_print(a, "%s%sfrom %s", text, *text ? "  " : "", callers);
    return *text ? text : "callers without names";
}

static const char *frame_text(struct page *page, const struct report_frame *frame)
{
    struct arena *a = page->arena;
    if (frame->python)
        return arena_print(a, "%s:%d  %s", frame->module, frame->line, frame->function);
    const char *function = frame->function ? arena_print(a, "  %s", frame->function) : "";
    return arena_print(a, "  %s%s", frame->module, function);
}

/* Whose code a Python frame is, where that is not the application's. */
static const char *frame_remark(const struct report_frame *frame)
{
    if (frame->owner)
        return "<- owner";
    return frame->python && frame->layer != PYTHON_APPLICATION ? python_layer_name(frame->layer)
                                                               : "";
}

/* Under Python: the frames of the place that took most time, native ones set in under their caller.
 */
static void stack(struct page *page, const struct report_site *site)
{
    enum { MOST = 24 };
    if (site->stack_count == 0)
        return;
    fputc('\n', page->out);
    page_line(page, "STACK%s", site->lines > 1 ? " (of the line above)" : "");
    page_line(page, "    %s", site->call);
    for (unsigned i = 0; i < site->stack_count && i < MOST; i++) {
        const char *text = text_fit(page->arena, frame_text(page, &site->stack[i]), STACK_WIDTH);
        const char *remark = frame_remark(&site->stack[i]);
        page_line(page, "  %s%*s%s", text, *remark ? STACK_WIDTH + 2 - (int)text_width(text) : 0,
                  "", remark);
    }
    if (site->stack_count > MOST || site->stack_cut)
        page_line(page, "  and more outside");
}

/* A single place stands at the top already. */
static void called_from(struct page *page, const struct site_view *view)
{
    struct arena *a = page->arena;
    unsigned shown = 0;
    if (view->place_count < 2)
        return;
    fputc('\n', page->out);
    page_line(page, "CALLED FROM                          (calls, time%s)",
              view->sums.stall_ns ? ", share of its stall" : "");
    for (; shown < view->place_count && shown < ROWS_MOST; shown++) {
        const struct report_sums *sums = &view->places[shown].sums;
        const char *share =
            view->sums.stall_ns ? format_share(a, sums->stall_ns, view->sums.stall_ns) : "";
        page_wrap(page, PAGE_PLAIN,
                  arena_print(a, "  %12s %9s %5s  ", format_count(a, sums->calls),
                              format_duration(a, sums->total_ns), share),
                  33, place_text(page, &view->places[shown]));
    }
    if (view->place_count > shown || view->more_places)
        page_line(page, "  and %s%u more", view->more_places ? "at least " : "",
                  view->place_count - shown + view->more_places);
}

static void waited_for(struct page *page, const struct site_view *view)
{
    if (view->target_count == 0)
        return;
    fputc('\n', page->out);
    page_line(page, "WAITED FOR%s%s", view->more_targets ? " (and others)" : "",
              view->events_overwritten ? " (the latest blocked calls only)" : "");
    for (unsigned i = 0; i < view->target_count && i < ROWS_MOST; i++) {
        const struct report_target *target = &view->targets[i];
        page_line(page, "  %-50s %s", text_fit(page->arena, target->text, 50),
                  target->events ? arena_print(page->arena, "%s blocked calls, %s",
                                               format_count(page->arena, target->events),
                                               format_duration(page->arena, target->blocked_ns))
                                 : "");
    }
}

/* As in the process where the site matters most. */
static void locks(struct page *page, const struct site_view *view)
{
    const struct report_locks *all = &view->process->locks;
    unsigned shown = 0;
    for (unsigned i = 0; i < all->count && shown < LOCKS_MOST; i++) {
        if (all->items[i].site != view->site)
            continue;
        if (shown++ == 0)
            page_line(page, "\nLOCKS");
        parts_lock(page, &all->items[i], "  ");
    }
}

static void longest(struct page *page, const struct site_view *view)
{
    struct arena *a = page->arena;
    if (view->longest_count == 0)
        return;
    fputc('\n', page->out);
    page_line(page, "LONGEST CALLS%s", view->events_overwritten ? " (of the latest)" : "");
    for (unsigned i = 0; i < view->longest_count; i++) {
        const struct report_event *event = &view->longest[i];
        const char *who =
            view->count > 1 ? arena_print(a, "%s/%d", event->thread, event->pid) : event->thread;
        page_line(page, "  %9s at +%-9s %-16s %s%s", format_duration(a, event->ns),
                  format_duration(a, event->when_ns), text_fit(a, who, 16),
                  event->error
                      ? arena_print(a, "%s  ",
                                    strerrorname_np(event->error) ? strerrorname_np(event->error)
                                                                  : "failed")
                      : "",
                  event->target ? text_fit(a, event->target, 34) : "");
    }
}

/* Threads of one name, whether loops or not apart. */
struct thread_row {
    const char *name;
    bool loop;
    unsigned threads;
    struct report_sums sums;
};

static int by_sums(const void *a, const void *b)
{
    const struct thread_row *x = a, *y = b;
    int order = sums_order(&x->sums, &y->sums);
    return order ? order : strcmp(x->name, y->name);
}

static unsigned group_threads(struct page *page, const struct site_view *view,
                              struct thread_row *rows)
{
    struct map known = {.arena = page->arena};
    unsigned count = 0;
    for (unsigned i = 0; i < view->count; i++)
        for (const struct report_use *use = view->in[i].site->uses; use; use = use->next) {
            bool loop = use->thread->loop;
            uint64_t key = text_key(use->thread->name) ^ loop;
            uint32_t at = map_get(&known, key);
            if (use->noise)
                continue;
            if (at == MAP_NONE) {
                at = count++;
                map_put(&known, key, at);
                rows[at] = (struct thread_row){.name = use->thread->name, .loop = loop};
            }
            struct report_sums sums = sums_of_use(use);
            sums_add(&rows[at].sums, &sums);
            rows[at].threads += use->thread->folded ? use->thread->folded : 1;
        }
    return count;
}

static void threads(struct page *page, const struct site_view *view)
{
    struct arena *a = page->arena;
    unsigned uses = 0;
    for (unsigned i = 0; i < view->count; i++)
        uses += view->in[i].site->use_count;
    struct thread_row *rows = ARENA_ARRAY(a, struct thread_row, uses);
    unsigned count = group_threads(page, view, rows);
    if (count == 0)
        return;
    qsort(rows, count, sizeof *rows, by_sums);
    fputc('\n', page->out);
    page_line(page, "THREADS");
    for (unsigned i = 0; i < count && i < ROWS_MOST; i++)
        page_line(page, "  %-20s %s%s, blocked %s",
                  rows[i].threads > 1
                      ? arena_print(a, "%s x%s", rows[i].name, format_count(a, rows[i].threads))
                      : rows[i].name,
                  rows[i].loop ? "(loop) " : "",
                  format_plural(a, rows[i].sums.calls, "call", "calls"),
                  format_duration(a, rows[i].sums.blocked_ns));
    if (count > ROWS_MOST)
        page_line(page, "  and %u more names", count - ROWS_MOST);
}

static void processes(struct page *page, const struct site_view *view)
{
    if (view->count < 2)
        return;
    struct arena *a = page->arena;
    fputc('\n', page->out);
    page_line(page, "PROCESSES");
    for (unsigned i = 0; i < view->count && i < ROWS_MOST; i++) {
        const struct report_site *site = view->in[i].site;
        page_line(
            page, "  %7d %-20s %s, blocked %s%s", view->in[i].process->pid,
            text_fit(a, view->in[i].process->name, 20),
            format_plural(a, site->calls, "call", "calls"), format_duration(a, site->blocked_ns),
            site->stall_ns ? arena_print(a, ", stall %s", format_duration(a, site->stall_ns)) : "");
    }
    if (view->count > ROWS_MOST)
        page_line(page, "  and %u more", view->count - ROWS_MOST);
}

static void title(struct page *page, const struct site_view *view)
{
    const struct report_site *site = view->site;
    struct arena *a = page->arena;
    const char *where =
        view->count > 1 ? arena_print(a, "%u processes", view->count)
                        : arena_print(a, "%s (pid %d)", view->process->name, view->process->pid);
    page_line(page, "SITE %016" PRIx64 "%s  in %s", site->id, site->stable ? "" : " (unstable)",
              where);
    const char *what =
        site->python
            ? arena_print(a, "%s, called by %s in %s:%d", site->call, site->function, site->file,
                          site->line)
            : arena_print(a, "%s, called by %s in %s%s", site->call,
                          table_function(page, site->function, site->shown_module),
                          site->shown_module,
                          site->file ? arena_print(a, ", %s:%d", site->file, site->line) : "");
    page_wrap(page, PAGE_BOLD, "  ", 4, what);
    if (site->via)
        page_wrap(page, PAGE_PLAIN, "  via ", 6, site->via);
    if (*table_callers(page, site->callers))
        page_wrap(page, PAGE_PLAIN, "  from ", 7, table_callers(page, site->callers));
    if (site->unstable)
        page_wrap(page, PAGE_YELLOW, "  unstable id: ", 4, site->unstable);
}

int render_site(struct report *report, const struct render_options *options, FILE *out,
                struct error *error)
{
    struct site_view *view = ARENA_NEW(&report->arena, struct site_view);
    if (site_view_build(view, report, options->site, error) < 0)
        return -1;
    struct page page = {.out = out, .arena = &report->arena, .color = options->color};
    title(&page, view);
    figures(&page, view);
    histogram(&page, view);
    stack(&page, view->site);
    called_from(&page, view);
    waited_for(&page, view);
    locks(&page, view);
    longest(&page, view);
    threads(&page, view);
    processes(&page, view);
    fputc('\n', out);
    table_verdict(&page, view->site);
    return 0;
}
