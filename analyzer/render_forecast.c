/* SPDX-License-Identifier: MIT
 *
 * IF MOVED: what a service would do with its libraries routed to green, one more a row.
 */
#include "render_parts.h"

#include "format.h"
#include "report.h"
#include "text.h"

enum { NAME = 18 };

static const char *needs(struct arena *a, const struct report_forecast *row)
{
    if (!row->moved)
        return "-";
    return row->workers ? arena_print(a, "1-%u workers", row->at_a_time) : "readiness, 0 workers";
}

static const char *sure(struct arena *a, const struct report_forecast *row)
{
    const char *word = report_confidence_name(row->confidence);
    if (!row->moved)
        return "";
    return row->times < 2 ? word : arena_print(a, "%s: x%.0f", word, row->times);
}

static void show_row(struct page *page, const struct report_forecast *row)
{
    struct arena *a = page->arena;
    const char *name =
        row->moved ? arena_print(a, "+ %s", text_head(a, row->moved, NAME - 2)) : "today";
    page_line(page, "  %-*s %10s %10.0f%%   %-21s %s", NAME, name,
              arena_print(a, "%s%.0f", row->moved ? "~" : "", row->rate), 100 * row->hub,
              needs(a, row), sure(a, row));
}

void parts_forecast(struct page *page, const struct report_process *process)
{
    if (process->forecast_count == 0)
        return;
    page_line(page, "%-*s %10s %11s   %-21s %s", NAME + 2, "IF MOVED", "REQUESTS/S", "HUB BLOCKED",
              "NEEDS", "CONFIDENCE");
    for (unsigned i = 0; i < process->forecast_count; i++)
        show_row(page, &process->forecast[i]);
    page_wrap(page, PAGE_DIM, "  ", 2,
              arena_print(page->arena,
                          "(to green, one library after the other, with %u requests under way as "
                          "today. x: times today's requests, which servers behind it get, too.)",
                          process->forecast[1].at_a_time));
    fputc('\n', page->out);
}
