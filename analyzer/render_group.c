/* SPDX-License-Identifier: MIT
 *
 * Sums by library, file, target or thread: one table, the greatest part of the stall first.
 */
#include "render_parts.h"

#include "format.h"
#include "pages.h"
#include "render_table.h"
#include "sites.h"
#include "text.h"

#include <string.h>

#define NAME_WIDTH    22
#define BRIEF_MOST    5u /* groups on the page of a process */
#define BRIEF_SHARE   20 /* 1/n of the stall from which a library is worth a table there */
#define GROUPED_MOST  40u
#define VERDICT_WIDTH 12u
#define INVOLVED      1000u /* one part in so many of the stall */

/* Shares are of the stall, or of all blocked time where no loop stalls. */
static uint64_t whole_of(const struct report_process *process)
{
    return process->stall_ns ? process->stall_ns : process->blocked_ns;
}

static uint64_t part_of(const struct report_process *process, const struct report_group *group)
{
    return process->stall_ns ? group->sums.stall_ns : group->sums.blocked_ns;
}

static void table_head(struct page *page, const struct report_process *process,
                       enum report_grouping kind)
{
    static const char *const labels[] = {[GROUP_SITE] = "SITE",
                                         [GROUP_LIBRARY] = "LIBRARY",
                                         [GROUP_MODULE] = "MODULE",
                                         [GROUP_TARGET] = "TARGET",
                                         [GROUP_THREAD] = "THREAD"};
    page_line(page, "%-*s %6s%11s%9s%8s%9s  %s", NAME_WIDTH, labels[kind], "SITES", "CALLS",
              "BLOCKED", process->stall_ns ? "STALL%" : "SHARE", "P99", "VERDICT");
}

static const char *name_of(struct page *page, const struct report_group *group,
                           enum report_grouping kind)
{
    struct arena *a = page->arena;
    const struct report_site *first = group->sites[0];
    if (kind == GROUP_SITE)
        return arena_print(a, "%s %s", group->name,
                           table_where(page, first, NAME_WIDTH - strlen(group->name) - 1));
    if (kind == GROUP_THREAD && group->threads > 1)
        return arena_print(a, "%s x%s", group->name, format_count(a, group->threads));
    return group->name;
}

/* "change 2/5", where there is room for it. */
static const char *verdict_of(struct page *page, const struct report_group *group, unsigned sites)
{
    const char *name = report_verdict_name(group->worst);
    if (group->worst_count >= sites)
        return name;
    const char *text = arena_print(page->arena, "%s %u/%u", name, group->worst_count, sites);
    return text_width(text) <= VERDICT_WIDTH ? text : name;
}

/* Those that took part in the stalls, or blocked: the others are nobody's trouble. */
static unsigned involved(const struct report_process *process, const struct report_group *group)
{
    unsigned count = 0;
    for (unsigned i = 0; i < group->site_count; i++)
        count += process->stall_ns ? group->sites[i]->stall_ns * INVOLVED >= process->stall_ns
                                   : group->sites[i]->blocked != 0;
    return count ? count : 1;
}

static void row(struct page *page, const struct report_process *process,
                const struct report_group *group, enum report_grouping kind, unsigned sites)
{
    struct arena *a = page->arena;
    const char *name = name_of(page, group, kind);
    if (text_width(name) > NAME_WIDTH && kind != GROUP_SITE) { /* whole, on a line of its own */
        page_line(page, "%s", name);
        name = "";
    }
    name = text_fit(a, name, NAME_WIDTH);
    page_line(page, "%s%*s %6u%11s%9s%8s%9s  %s", name, NAME_WIDTH - (int)text_width(name), "",
              sites, format_count(a, group->sums.calls), format_duration(a, group->sums.blocked_ns),
              format_share(a, part_of(process, group), whole_of(process)),
              group->quantiles_known ? format_duration(a, group->p99_ns) : "-",
              verdict_of(page, group, sites));
}

/* The sites of a group, most stall first, as many as fit one line. */
static void members(struct page *page, const struct report_group *group, enum report_grouping kind)
{
    struct arena *a = page->arena;
    if (kind == GROUP_SITE) {
        const char *call = table_call(page, group->sites[0], 60);
        const char *function = group->sites[0]->python ? group->sites[0]->function : "";
        size_t room = PAGE_WIDTH - 8 - text_width(call);
        page_line(page, "     %s%s%s", call, *function ? "  by " : "", text_fit(a, function, room));
        return;
    }
    const char *text = "    ";
    unsigned shown = 0;
    for (; shown < group->site_count; shown++) {
        const struct report_site *site = group->sites[shown];
        const char *longer = arena_print(a, "%s %s %s%s", text, site->short_id, site->call,
                                         shown + 1 < group->site_count ? "," : "");
        if (shown && text_width(longer) + 13 > PAGE_WIDTH)
            break;
        text = longer;
    }
    if (shown < group->site_count)
        text = arena_print(a, "%s and %u more", text, group->site_count - shown);
    page_line(page, "%s", text);
}

static void rest_of_stall(struct page *page, const struct report_process *process, uint64_t inside)
{
    if (process->stall_ns > inside)
        page_line(page, "%-*s%8s", NAME_WIDTH + 27, "computing, waiting for a CPU or unseen",
                  format_share(page->arena, process->stall_ns - inside, process->stall_ns));
}

static bool lacks_quantiles(const struct report_process *process, enum report_grouping kind)
{
    for (unsigned i = 0; i < process->group_count[kind]; i++)
        if (!process->groups[kind][i].quantiles_known)
            return true;
    return false;
}

static void explain(struct page *page, const struct report_process *process,
                    enum report_grouping kind)
{
    struct arena *a = page->arena;
    const char *share = process->stall_ns
                            ? arena_print(a, "STALL%%: share of the %s in which loops were stalled",
                                          format_duration(a, process->stall_ns))
                            : arena_print(a, "SHARE: of the %s of blocked time",
                                          format_duration(a, process->blocked_ns));
    static const char *const notes[GROUP_KINDS] = {
        [GROUP_LIBRARY] = " A library: the outermost between the call and the program's own code.",
        [GROUP_MODULE] = " A module: the file that the calling function is in.",
        [GROUP_TARGET] = " A target: what a site waited for; a star stands for what differs.",
        [GROUP_THREAD] = " Threads of one name are one row."};
    page_wrap(page, PAGE_DIM, "  ", 2,
              arena_print(a, "(%s.%s Idle waits of loops are left out.%s)", share,
                          notes[kind] ? notes[kind] : "",
                          lacks_quantiles(process, kind)
                              ? " P99 -: its calls cannot be told from those of another row."
                              : ""));
}

static void table(struct page *page, const struct report *report,
                  const struct report_process *process, const struct render_options *options)
{
    enum report_grouping kind = options->by;
    unsigned count = process->group_count[kind];
    uint64_t inside = 0;
    parts_head(page, report, process);
    fputc('\n', page->out);
    if (count == 0) {
        page_line(page, "No calls but known noise: nothing to group.");
        return;
    }
    table_head(page, process, kind);
    for (unsigned i = 0; i < count; i++) {
        const struct report_group *group = &process->groups[kind][i];
        inside += group->sums.stall_ns;
        if (i >= GROUPED_MOST)
            continue;
        row(page, process, group, kind, group->site_count);
        members(page, group, kind);
    }
    if (count > GROUPED_MOST)
        page_line(page, "and %u more (--json lists all)", count - GROUPED_MOST);
    rest_of_stall(page, process, inside);
    explain(page, process, kind);
}

/* Worth a table where something else than the application's own calls has a part in it. */
static bool are_involved(const struct report_process *process)
{
    for (unsigned i = 0; i < process->group_count[GROUP_LIBRARY]; i++) {
        const struct report_group *group = &process->groups[GROUP_LIBRARY][i];
        if (strcmp(group->name, SITES_APPLICATION) != 0 &&
            group->sums.stall_ns > process->stall_ns / BRIEF_SHARE)
            return true;
    }
    return false;
}

void parts_libraries(struct page *page, const struct report_process *process)
{
    if (!are_involved(process))
        return;
    unsigned shown = 0;
    fputc('\n', page->out);
    table_head(page, process, GROUP_LIBRARY);
    for (unsigned i = 0; i < process->group_count[GROUP_LIBRARY]; i++) {
        const struct report_group *group = &process->groups[GROUP_LIBRARY][i];
        if (group->sums.stall_ns < process->stall_ns / 100 || shown == BRIEF_MOST)
            break;
        row(page, process, group, GROUP_LIBRARY, involved(process, group));
        shown++;
    }
}

int render_group(struct report *report, const struct render_options *options, FILE *out,
                 struct error *error)
{
    (void)error;
    return pages_of(report, options, out, table);
}
