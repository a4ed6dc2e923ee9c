/* SPDX-License-Identifier: MIT
 *
 * `--by spawn`: what was started where, how many lived at a time, and what they waited for.
 */
#include "render_parts.h"

#include "format.h"
#include "pages.h"
#include "render_table.h"
#include "text.h"

#define NAME_WIDTH 27
#define ROWS_MOST  40u

static const char *range(struct page *page, uint64_t least, uint64_t most)
{
    struct arena *a = page->arena;
    return least == most ? format_count(a, least)
                         : arena_print(a, "%s-%s", format_count(a, least), format_count(a, most));
}

static const char *name_of(struct page *page, const struct report_spawn *spawn)
{
    if (spawn->name)
        return spawn->name;
    if (spawn->hub)
        return "the hub";
    return spawn->function ? table_function(page, spawn->function, spawn->shown_module)
                           : "a routine without a name";
}

/* What is remarkable about the numbers. */
static void remarks(struct page *page, const struct report_spawn *spawn)
{
    enum { MANY = 8 };
    struct arena *a = page->arena;
    if (spawn->green && spawn->in_flight)
        page_line(page, "     in flight: %s at a time in a call that waits",
                  format_count(a, spawn->in_flight));
    if (spawn->at_peak >= MANY && spawn->peak_most > 1 && !spawn->name)
        page_wrap(
            page, PAGE_PLAIN, "     ", 5,
            arena_print(a,
                        "%s of %s births brought it to %s: a limit (a pool's, a semaphore's), or "
                        "batches of that size. Behind a limit the demand is not known",
                        format_count(a, spawn->at_peak), format_count(a, spawn->born),
                        format_count(a, spawn->peak_least)));
    if (spawn->killed || spawn->timed_out || spawn->failed)
        page_line(page, "     ended by: kill %s, Timeout %s, another exception %s, of %s",
                  format_count(a, spawn->killed), format_count(a, spawn->timed_out),
                  format_count(a, spawn->failed), format_count(a, spawn->ended));
    if (spawn->at_least)
        page_line(page, "     at least: not all were seen to begin");
}

static const char *place_of(struct page *page, const struct report_spawn *spawn)
{
    struct arena *a = page->arena;
    const char *file = spawn->python ? spawn->module
                       : spawn->file ? text_basename(spawn->file)
                                     : NULL;
    const char *where = file ? arena_print(a, "%s:%d", file, spawn->line) : spawn->shown_module;
    const char *by =
        spawn->made_by
            ? arena_print(a, "started by %s", table_function(page, spawn->made_by, spawn->made_in))
            : NULL;
    return arena_print(a, "%s%s%s", where ? where : "", where && by ? ", " : "", by ? by : "");
}

static const char *life(struct page *page, const struct report_spawn *spawn)
{
    if (spawn->ended == 0 || spawn->life_unknown)
        return "-";
    return format_duration(page->arena, spawn->life_ns / spawn->ended);
}

static void row(struct page *page, const struct report_spawn *spawn)
{
    struct arena *a = page->arena;
    const char *name = text_fit(a, name_of(page, spawn), NAME_WIDTH);
    const char *where = place_of(page, spawn);
    page_line(page, "%s%*s%8s%9s%10s%11s%11s", name, NAME_WIDTH - (int)text_width(name), "",
              format_count(a, spawn->born), range(page, spawn->peak_least, spawn->peak_most),
              life(page, spawn), format_duration(a, spawn->sums.blocked_ns),
              format_duration(a, spawn->pending.ns));
    if (*where)
        page_line(page, "     %s", where);
    remarks(page, spawn);
    if (spawn->pending.count)
        page_wrap(page, PAGE_PLAIN, "     pending: ", 14, parts_pending(page, &spawn->pending));
}

static void table(struct page *page, const struct report *report,
                  const struct report_process *process, const struct render_options *options)
{
    (void)options;
    parts_head(page, report, process);
    fputc('\n', page->out);
    page_line(page, "%-*s%8s%9s%10s%11s%11s", NAME_WIDTH, "SPAWN POINT", "BORN", "PEAK", "LIFE",
              "BLOCKED", "PENDING");
    for (unsigned i = 0; i < process->spawn_count && i < ROWS_MOST; i++)
        row(page, process->spawns[i]);
    if (process->spawn_count > ROWS_MOST)
        page_line(page, "and %u more (--json lists all)", process->spawn_count - ROWS_MOST);
    page_wrap(page, PAGE_DIM, "  ", 2,
              "(PEAK: most alive at a time. LIFE: mean of those that ended. PENDING: non-blocking "
              "calls from EAGAIN to success; on threads they block. Noise is left out.)");
}

int render_spawns(struct report *report, const struct render_options *options, FILE *out,
                  struct error *error)
{
    (void)error;
    return pages_of(report, options, out, table);
}
