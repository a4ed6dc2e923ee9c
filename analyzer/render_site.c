/* SPDX-License-Identifier: MIT
 *
 * One site in full: who it is, its figures, what it waited for, on which threads, and the verdict.
 */
#include "render.h"

#include "format.h"
#include "page.h"
#include "render_table.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define HISTOGRAM_ROWS 12u
#define BAR_WIDTH      40.0

static bool has_prefix(const struct report_site *site, const char *prefix)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, site->id);
    return *prefix && strncasecmp(digits, prefix, strlen(prefix)) == 0;
}

static int find(struct report *report, const char *prefix, const struct report_site **found,
                const struct report_process **process, struct error *error)
{
    *found = NULL;
    for (unsigned i = 0; i < report->process_count; i++)
        for (unsigned j = 0; j < report->processes[i]->site_count; j++) {
            const struct report_site *site = report->processes[i]->sites[j];
            if (!has_prefix(site, prefix) || (*found && (*found)->id == site->id))
                continue;
            if (*found)
                return error_set(error,
                                 "%s: several sites begin so, %s (%s in %s) and %s (%s in "
                                 "%s); give more digits",
                                 prefix, (*found)->short_id, (*found)->call, (*found)->function,
                                 site->short_id, site->call, site->function);
            *found = site;
            *process = report->processes[i];
        }
    if (!*found)
        return error_set(error, "%s: no site begins so in %s; \"shunt report\" lists them", prefix,
                         report->source);
    return 0;
}

/* Counts of several buckets in one row: at most HISTOGRAM_ROWS rows. */
static void histogram(struct page *page, const struct report_site *site,
                      const struct report_process *process)
{
    const struct histogram *h = site->histogram;
    if (!h || h->count == 0)
        return;
    unsigned first = TRACE_BUCKETS, last = 0;
    for (unsigned i = 0; i < TRACE_BUCKETS; i++)
        if (h->bucket[i]) {
            first = first == TRACE_BUCKETS ? i : first;
            last = i;
        }
    unsigned each = (last - first) / HISTOGRAM_ROWS + 1;
    uint64_t most = 1;
    for (int draw = 0; draw < 2; draw++)
        for (unsigned i = first; i <= last; i += each) {
            uint64_t sum = 0;
            for (unsigned j = i; j < i + each && j <= last; j++)
                sum += h->bucket[j];
            most = sum > most ? sum : most;
            if (!draw)
                continue;
            uint64_t ns = (uint64_t)((double)trace_bucket_start(i) * process->ns_per_tick);
            char bar[(int)BAR_WIDTH + 1];
            int length = (int)((double)sum / (double)most * BAR_WIDTH + 0.5);
            memset(bar, '#', (size_t)length);
            bar[length] = 0;
            page_line(page, "  from %8s %12s  %s", format_duration(page->arena, ns),
                      format_count(page->arena, sum), bar);
        }
    if (site->histogram_shared)
        page_line(page, "  (also counts calls of other sites that go through the same wrapper)");
}

static void figures(struct page *page, const struct report_site *site,
                    const struct report_process *process)
{
    struct arena *a = page->arena;
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(a, "%s calls, %s in total;  p50 %s  p99 %s  max %s (at +%s)",
                          format_count(a, site->calls), format_duration(a, site->total_ns),
                          format_duration(a, site->p50_ns), format_duration(a, site->p99_ns),
                          format_duration(a, site->max_ns), format_duration(a, site->max_when_ns)));
    page_line(page, "  %s blocked (took %s or more), %s in all", format_count(a, site->blocked),
              format_duration(a, process->threshold_ns), format_duration(a, site->blocked_ns));
    if (site->stall_ns)
        page_line(page, "  in %s stalled turns of its loop, %s of them spent here",
                  format_count(a, site->stalled_turns), format_duration(a, site->stall_ns));
    if (site->again || site->interrupted || site->errors)
        page_line(page, "  %s would have blocked (EAGAIN), %s interrupted, %s failed%s",
                  format_count(a, site->again), format_count(a, site->interrupted),
                  format_count(a, site->errors),
                  site->errors && site->last_error
                      ? arena_print(a, " (latest: error %d)", site->last_error)
                      : "");
    if (site->no_timeout)
        page_line(page, "  %s of the blocked calls had no time limit",
                  format_count(a, site->no_timeout));
    if (site->idle_calls)
        page_line(page, "  besides, %s idle waits of a loop: %s, not counted above",
                  format_count(a, site->idle_calls), format_duration(a, site->idle_ns));
}

static void waited_for(struct page *page, const struct report_site *site,
                       const struct report_process *process)
{
    if (site->target_count == 0)
        return;
    page_line(page, "%s", "");
    page_line(page, "WAITED FOR%s%s", site->more_targets ? " (and others)" : "",
              process->events_overwritten ? " (the latest blocked calls only)" : "");
    for (unsigned i = 0; i < site->target_count && i < 8; i++) {
        const struct report_target *target = &site->targets[i];
        page_line(page, "  %-50s %s", text_fit(page->arena, target->text, 50),
                  target->events ? arena_print(page->arena, "%s blocked calls, %s",
                                               format_count(page->arena, target->events),
                                               format_duration(page->arena, target->blocked_ns))
                                 : "");
    }
}

static void threads(struct page *page, const struct report_site *site)
{
    unsigned shown = 0;
    page_line(page, "%s", "");
    page_line(page, "THREADS");
    for (const struct report_use *use = site->uses; use && shown < 8; use = use->next) {
        if (use->idle)
            continue;
        page_line(page, "  %-16s %s%s calls, blocked %s", use->thread->name,
                  use->thread->loop ? "(loop) " : "", format_count(page->arena, use->calls),
                  format_duration(page->arena, use->blocked_ns));
        shown++;
    }
    if (site->use_count > shown)
        page_line(page, "  and %u more", site->use_count - shown);
}

int render_site(struct report *report, const struct render_options *options, FILE *out,
                struct error *error)
{
    const struct report_site *site = NULL;
    const struct report_process *process = NULL;
    if (find(report, options->site, &site, &process, error) < 0 || !site || !process)
        return -1;
    struct page page = {.out = out, .arena = &report->arena, .color = options->color};
    page_line(&page, "SITE %016" PRIx64 "%s  in %s (pid %d)", site->id,
              site->stable ? "" : " (unstable)", process->name, process->pid);
    page_wrap(
        &page, PAGE_BOLD, "  ", 4,
        arena_print(&report->arena, "%s, called by %s in %s%s", site->call,
                    table_function(&page, site->function, site->shown_module), site->shown_module,
                    site->file ? arena_print(&report->arena, ", %s:%d", site->file, site->line)
                               : ""));
    if (site->via)
        page_wrap(&page, PAGE_PLAIN, "  via ", 6, site->via);
    if (*table_callers(&page, site->callers))
        page_wrap(&page, PAGE_PLAIN, "  from ", 7, table_callers(&page, site->callers));
    if (site->unstable)
        page_wrap(&page, PAGE_YELLOW, "  unstable id: ", 4, site->unstable);
    figures(&page, site, process);
    histogram(&page, site, process);
    waited_for(&page, site, process);
    threads(&page, site);
    page_line(&page, "%s", "");
    table_verdict(&page, site);
    return 0;
}
