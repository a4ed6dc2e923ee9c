/* SPDX-License-Identifier: MIT
 *
 * The part of a page that speaks of pending waits.
 */
#include "render_parts.h"

#include "format.h"
#include "render_table.h"

#define SITES_MOST  3u
#define WHERE_WIDTH 60

static const char *at_once(struct page *page, const struct report_pending *pending)
{
    struct arena *a = page->arena;
    if (pending->peak_least == pending->peak_most)
        return format_count(a, pending->peak_least);
    return arena_print(a, "%s to %s", format_count(a, pending->peak_least),
                       format_count(a, pending->peak_most));
}

const char *parts_pending(struct page *page, const struct report_pending *pending)
{
    struct arena *a = page->arena;
    const char *text = arena_print(a, "%s for %s in all, max %s, %s at a time",
                                   format_plural(a, pending->count, "wait", "waits"),
                                   format_duration(a, pending->ns),
                                   format_duration(a, pending->max_ns), at_once(page, pending));
    if (pending->unfinished)
        text = arena_print(a, "%s; %s never succeeded (closed, or failed)", text,
                           format_count(a, pending->unfinished));
    if (pending->live)
        text = arena_print(a, "%s; %s still going on", text, format_count(a, pending->live));
    return text;
}

void parts_waits(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    /* without a loop there is nobody else that could go on meanwhile */
    if (process->pending.ns < process->threshold_ns || (!process->loop_count && !process->runtime))
        return;
    page_wrap(page, PAGE_BOLD, "COOPERATIVE", 2,
              arena_print(a,
                          "  %s did not block where it would have (EAGAIN until success): %s. On "
                          "threads these calls block.",
                          format_plural(a, process->waiting_count, "site", "sites"),
                          parts_pending(page, &process->pending)));
    for (unsigned i = 0; i < process->waiting_count && i < SITES_MOST; i++) {
        const struct report_site *site = process->waiting[i];
        if (site->pending.ns < process->pending.ns / 100)
            break;
        page_wrap(page, PAGE_PLAIN, arena_print(a, "%-5s", site->short_id), 5,
                  arena_print(a, "%s in %s: %s", site->call, table_where(page, site, WHERE_WIDTH),
                              parts_pending(page, &site->pending)));
    }
    fputc('\n', page->out);
}
