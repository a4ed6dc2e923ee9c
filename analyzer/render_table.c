/* SPDX-License-Identifier: MIT
 *
 * See render_table.h.
 */
#include "render_table.h"

#include "demangle.h"

#include "format.h"
#include "symbolize.h"
#include "text.h"

#include <string.h>

#define WHERE_WIDTH  23
#define TARGET_WIDTH 24
#define IDS_WIDTH    6 /* of ids; longer ones take from WHERE */

/* What a target is called where there is little room: a file's name without its directories. */
static const char *short_target(struct arena *arena, const char *target, size_t room)
{
    static const char *const named[] = {"file:", "dir:", "fifo:"};
    if (text_starts(target, "dir:"))
        return text_fit(arena, arena_print(arena, "%s/", text_basename(target)), room);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (!text_starts(target, named[i]))
            continue;
        const char *name = text_basename(target + strlen(named[i]));
        const char *deleted = strstr(name, " (deleted)");
        if (deleted)
            name = arena_print(arena, "%.*s", (int)(deleted - name), name);
        const char *dot = strrchr(name, '.');
        size_t end = dot ? text_width(dot) : 0;
        if (text_width(name) <= room || end == 0 || end + 2 > room)
            return text_fit(arena, name, room);
        return arena_print(arena, "%s*%s", text_head(arena, name, room - end - 1), dot);
    }
    return text_fit(arena, target, room);
}

const char *table_function(struct page *page, const char *function, const char *shown_module)
{
    const char *mark = strchr(function, '!');
    const char *offset = mark ? strstr(mark, "+0x") : NULL;
    return offset ? arena_print(page->arena, "%s%s", shown_module, offset)
                  : demangle(page->arena, function);
}

/* "lookup()", but "<module>" and "<lambda>" as they stand. */
static const char *called(struct arena *arena, const char *function)
{
    return *function == '<' ? function : arena_print(arena, "%s()", function);
}

/* The last part of "Pool.acquire.<locals>.wait". */
static const char *last_name(const char *function)
{
    const char *dot = strrchr(function, '.');
    return dot && dot[1] ? dot + 1 : function;
}

/* The file's name; of a package's own the directory tells which. */
static const char *file_name(const char *module)
{
    const char *base = text_basename(module);
    if (strcmp(base, "__init__.py") != 0 && strcmp(base, "__main__.py") != 0)
        return base;
    for (base -= base > module; base > module && base[-1] != '/';)
        base--;
    return base;
}

const char *table_python(struct page *page, const struct report_frame *frame, size_t width)
{
    struct arena *a = page->arena;
    bool own = frame->layer == PYTHON_APPLICATION;
    const char *files[] = {own ? file_name(frame->module) : frame->module,
                           file_name(frame->module)};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *place = arena_print(a, "%s:%d", files[i], frame->line);
        const char *names[] = {frame->function, last_name(frame->function)};
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            const char *text = arena_print(a, "%s %s", place, called(a, names[j]));
            if (text_width(text) <= width)
                return text;
        }
    }
    return text_fit(a, arena_print(a, "%s:%d", files[1], frame->line), width);
}

const char *table_where(struct page *page, const struct report_site *site, size_t width)
{
    if (!site->python)
        return text_fit(page->arena, table_function(page, site->function, site->shown_module),
                        width);
    struct report_frame frame = {.function = site->function,
                                 .module = site->module,
                                 .line = site->line,
                                 .layer = site->layer};
    return table_python(page, &frame, width);
}

const char *table_callers(struct page *page, const char *callers)
{
    static const char between[] = " < ";
    const char *text = "";
    bool gap = false;
    while (callers && *callers) {
        const char *end = strstr(callers, between);
        size_t length = end ? (size_t)(end - callers) : strlen(callers);
        bool named = !(length == 1 && *callers == '?');
        if (named)
            text = arena_print(page->arena, "%s%s%s%.*s", text, *text ? between : "",
                               gap ? ".. < " : "", (int)length, callers);
        gap = !named;
        callers = end ? end + strlen(between) : NULL;
    }
    return text;
}

const char *table_call(struct page *page, const struct report_site *site, size_t width)
{
    if (!site->pattern)
        return text_fit(page->arena, site->call, width);
    size_t used = text_width(site->call) + 3;
    size_t room = used + 6 < width ? width - used : 6;
    /* of things that have no name in common, the most blocked one stands for all */
    bool many = strcmp(text_basename(site->pattern), "*") == 0 && site->target_count && room > 8;
    const char *target =
        many ? arena_print(page->arena, "%s, ..",
                           short_target(page->arena, site->targets[0].text, room - 4))
             : short_target(page->arena, site->pattern, room);
    return text_fit(page->arena, arena_print(page->arena, "%s > %s", site->call, target), width);
}

static int where_width(int ids)
{
    return ids > IDS_WIDTH ? WHERE_WIDTH - (ids - IDS_WIDTH) : WHERE_WIDTH;
}

/* What WHERE has no room for. */
static const char *python_place(struct page *page, const struct report_site *site, size_t width)
{
    struct arena *a = page->arena;
    const char *where = table_where(page, site, width);
    const char *text = "";
    if (!strstr(where, site->function))
        text = called(a, site->function);
    if (site->layer != PYTHON_APPLICATION && !strstr(where, site->module))
        text = arena_print(a, "%s%sin %s", text, *text ? " " : "", site->module);
    if (site->lines > 1)
        text = arena_print(a, "%s%sand %u more %s", text, *text ? "  " : "", site->lines - 1,
                           site->lines == 2 ? "line" : "lines");
    return text;
}

const char *table_place(struct page *page, const struct report_site *site)
{
    return site->python ? python_place(page, site, (size_t)where_width((int)strlen(site->short_id)))
                        : "";
}

static const char *place(struct page *page, const struct report_site *site, size_t width)
{
    if (site->python)
        return python_place(page, site, width);
    if (site->file && site->line)
        return arena_print(
            page->arena, "%s:%d%s", text_basename(site->file), site->line,
            site->lines > 1 ? arena_print(page->arena, " and %u more", site->lines - 1) : "");
    return "";
}

/* Loops and other threads share the site: its quantiles would mix the two. */
static bool is_mixed(const struct report_site *site)
{
    for (const struct report_use *use = site->uses; use; use = use->next)
        if (!use->noise && (use->thread->loop != NULL) != site->on_loop)
            return true;
    return false;
}

/* On the loop, or (NULL) on all threads that are none. */
static uint64_t longest(const struct report_site *site, const struct report_loop *loop)
{
    uint64_t max = 0;
    for (const struct report_use *use = site->uses; use; use = use->next)
        if (!use->noise && use->thread->loop == loop && use->max_ns > max)
            max = use->max_ns;
    return max;
}

static const char *details(struct page *page, const struct report_site *site,
                           const struct report_loop *loop, size_t width)
{
    struct arena *a = page->arena;
    const char *text = place(page, site, width);
    if (!site->in_main_module && !site->python)
        text = arena_print(a, "%s%sin %s", text, *text ? "  " : "", site->shown_module);
    bool mixed = is_mixed(site);
    if (site->histogram && site->calls > 1 && !mixed)
        text = arena_print(a, "%s%sp50 %s  p99 %s", text, *text ? "  " : "",
                           format_duration(a, site->p50_ns), format_duration(a, site->p99_ns));
    text = arena_print(a, "%s%smax %s%s", text, *text ? "  " : "",
                       format_duration(a, longest(site, loop)),
                       !mixed ? ""
                       : loop ? " (here)"
                              : " (off the loops)");
    if (site->via)
        text = arena_print(a, "%s  via %s", text, site->via);
    const char *callers = table_callers(page, site->callers);
    if (*callers)
        text = arena_print(a, "%s  from %s", text, callers);
    if (site->errors)
        text = arena_print(a, "%s  %s failed", text, format_count(a, site->errors));
    return text;
}

int table_id_width(struct report_site *const *sites, unsigned count)
{
    size_t width = 4;
    for (unsigned i = 0; i < count; i++)
        if (strlen(sites[i]->short_id) > width)
            width = strlen(sites[i]->short_id);
    return (int)width;
}

void table_site_row(struct page *page, int ids, const struct report_site *site,
                    const char *const columns[3], const char *below)
{
    const char *where = table_where(page, site, (size_t)where_width(ids));
    const char *call = table_call(page, site, TARGET_WIDTH);
    int where_pad = where_width(ids) - (int)text_width(where);
    int call_pad = TARGET_WIDTH - (int)text_width(call);
    fprintf(page->out, "%s%*s %s%*s %s%*s%10s%8s%7s\n",
            page_styled(page, PAGE_BOLD, site->short_id), ids - (int)strlen(site->short_id), "",
            where, where_pad, "", call, call_pad, "", columns[0], columns[1], columns[2]);
    page_wrap(page, PAGE_PLAIN, arena_print(page->arena, "%*s", ids + 1, ""), ids + 3, below);
    /* a stripped binary is one note at the top of the page */
    if (site->unstable && strcmp(site->unstable, SYMBOL_STRIPPED) != 0)
        page_wrap(page, PAGE_PLAIN, arena_print(page->arena, "%*s", ids + 1, ""), ids + 3,
                  arena_print(page->arena, "unstable id: %s", site->unstable));
}

static void table_row(struct page *page, int ids, const struct report_site *site,
                      const struct report_loop *loop, const char *calls, const char *time,
                      const char *share)
{
    table_site_row(page, ids, site, (const char *const[]){calls, time, share},
                   details(page, site, loop, (size_t)where_width(ids)));
    if (site->why)
        page_wrap(page, PAGE_PLAIN, arena_print(page->arena, "%*s", ids + 1, ""), ids + 3,
                  site->why);
}

void table_site_head(struct page *page, int ids, const char *const columns[3])
{
    page_line(page, "%-*s %-*s %-*s%10s%8s%7s", ids, "SITE", where_width(ids), "WHERE",
              TARGET_WIDTH, "CALL > TARGET", columns[0], columns[1], columns[2]);
}

static void table_head(struct page *page, int ids, const char *time, const char *share)
{
    table_site_head(page, ids, (const char *const[]){"CALLS", time, share});
}

void table_loop(struct page *page, const struct report_loop *loop, unsigned top)
{
    unsigned stalling = 0;
    while (stalling < loop->site_count && loop->sites[stalling]->stall_ns)
        stalling++;
    if (stalling == 0)
        return;
    unsigned shown = 0;
    while (shown < stalling && shown < top &&
           (shown < 3 || loop->sites[shown]->stall_ns * 200 >= loop->stall_ns))
        shown++;
    struct report_site **sites = ARENA_ARRAY(page->arena, struct report_site *, shown);
    for (unsigned i = 0; i < shown; i++)
        sites[i] = loop->sites[i]->site;
    int ids = table_id_width(sites, shown);
    table_head(page, ids, "TOTAL", "STALL");
    for (unsigned i = 0; i < shown; i++) {
        const struct report_use *use = loop->sites[i];
        table_row(page, ids, use->site, loop, format_count(page->arena, use->calls),
                  format_duration(page->arena, use->total_ns),
                  format_share(page->arena, use->stall_ns, loop->stall_ns));
    }
    uint64_t rest = 0;
    for (unsigned i = shown; i < stalling; i++)
        rest += loop->sites[i]->stall_ns;
    if (stalling > shown)
        page_line(page, "%*s %u more %s, %s of the stall", ids, "", stalling - shown,
                  stalling - shown == 1 ? "site" : "sites",
                  format_share(page->arena, rest, loop->stall_ns));
}

void table_threads(struct page *page, const struct report_process *process, unsigned top)
{
    unsigned shown = process->other_count < top ? process->other_count : top;
    int ids = table_id_width(process->others, shown);
    for (unsigned i = 0; i < shown; i++) {
        const struct report_site *site = process->others[i];
        if (i == 0)
            table_head(page, ids, "BLOCKED", "OF RUN");
        table_row(page, ids, site, NULL, format_count(page->arena, site->off_calls),
                  format_duration(page->arena, site->off_blocked_ns),
                  format_share(page->arena, site->off_blocked_ns, process->wall_ns));
    }
    if (process->other_count > shown)
        page_line(page, "%*s %u more %s (--top %u)", ids, "", process->other_count - shown,
                  process->other_count - shown == 1 ? "site" : "sites", process->other_count);
}

/* ---- verdicts ---- */

static const char *upper(struct arena *arena, const char *text)
{
    char *copy = arena_copy(arena, text);
    for (char *c = copy; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return copy;
}

static enum page_style verdict_style(enum verdict verdict)
{
    return verdict == VERDICT_CHANGE    ? PAGE_RED
           : verdict == VERDICT_FINE    ? PAGE_GREEN
           : verdict == VERDICT_UNKNOWN ? PAGE_YELLOW
                                        : PAGE_BOLD;
}

static void routes(struct page *page, const struct report_advice *advice)
{
    page_line(page, "ROUTE     STALL GAIN   COSTS");
    for (unsigned i = 0; i < advice->route_count; i++) {
        const struct report_route *route = &advice->routes[i];
        const char *gain = "n/a";
        if (route->gain_known)
            gain = route->gain_ns ? arena_print(page->arena, "%s-%s", route->estimated ? "~" : "",
                                                format_duration(page->arena, route->gain_ns))
                                  : "0 s";
        page_wrap(page, PAGE_PLAIN, arena_print(page->arena, "%-8s %11s   ", route->name, gain), 23,
                  route->text);
    }
}

void table_verdict(struct page *page, const struct report_site *site)
{
    const struct report_advice *advice = &site->advice;
    const char *head = arena_print(page->arena, "VERDICT %s: %s", site->short_id,
                                   upper(page->arena, report_verdict_name(advice->verdict)));
    page_wrap(page, verdict_style(advice->verdict), head, 8,
              arena_print(page->arena, " (%s confidence). %s",
                          report_confidence_name(advice->confidence), advice->headline));
    for (unsigned i = 0; i < advice->reason_count; i++)
        page_wrap(page, PAGE_PLAIN, "  why   ", 8, advice->reasons[i]);
    if (advice->route_count)
        routes(page, advice);
}
