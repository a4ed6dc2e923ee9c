/* SPDX-License-Identifier: MIT
 *
 * The comparison as a page: the answer, how much of both sides was seen, the loop before and after,
 * then sites by class, what is worse first.
 */
#include "render_diff.h"

#include "diff_parts.h"
#include "format.h"
#include "page.h"
#include "render_table.h"
#include "text.h"

#include <string.h>

#define WHERE_WIDTH 23
#define CALL_WIDTH  26
#define LABEL_WIDTH 34

static const struct report_site *shown_site(const struct diff_site *site)
{
    return site->side[DIFF_BEFORE].site ? site->side[DIFF_BEFORE].site
                                        : site->side[DIFF_AFTER].site;
}

/* ---- head ---- */

static const char *runs_text(struct page *page, const struct diff_side *side)
{
    struct arena *a = page->arena;
    if (side->run_count == 1)
        return text_clean(a, side->name);
    return arena_print(a, "%s and %u more", text_clean(a, side->name), side->run_count - 1);
}

static const char *saw_text(struct page *page, const struct diff_side *side)
{
    struct arena *a = page->arena;
    if (!side->saw_known)
        return "completeness unknown";
    const char *least = format_percent(a, side->saw_least);
    const char *most = format_percent(a, side->saw_most);
    return arena_print(a, "saw %s%s%s of %s waiting", least, strcmp(least, most) ? " to " : "",
                       strcmp(least, most) ? most : "", side->saw_loop ? "the loop's" : "its");
}

static void side_line(struct page *page, const char *label, const struct diff_side *side)
{
    struct arena *a = page->arena;
    const char *of = side->run_count > 1 ? " (median)" : "";
    page_wrap(page, PAGE_PLAIN, label, 8,
              arena_print(a, "%s: %s, ran %s%s, %s, lost %s", runs_text(page, side),
                          format_plural(a, side->run_count, "run", "runs"),
                          format_duration(a, side->wall_ns), of, saw_text(page, side),
                          format_count(a, side->lost)));
}

static enum page_style verdict_style(const struct diff *diff)
{
    if (diff_has(diff, DIFF_WORSE) || diff->count[DIFF_NEW])
        return PAGE_RED;
    return diff_has(diff, DIFF_BETTER) || diff->count[DIFF_GONE] ? PAGE_GREEN : PAGE_BOLD;
}

static void head(struct page *page, const struct diff *diff)
{
    const char *program = diff->side[DIFF_BEFORE].runs[0].main->name;
    fprintf(page->out, "%s  %s\n", page_styled(page, PAGE_BOLD, "shunt diff"), program);
    page_wrap(page, verdict_style(diff), diff->verdict, 4,
              arena_print(page->arena, ": %s", diff->answer));
    side_line(page, "BEFORE  ", &diff->side[DIFF_BEFORE]);
    side_line(page, "AFTER   ", &diff->side[DIFF_AFTER]);
    for (unsigned i = 0; i < diff->warning_count; i++)
        page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8, diff->warnings[i]);
}

/* ---- loops ---- */

static void figures_line(struct page *page, const char *label, const char *before,
                         const char *after, const char *change)
{
    page_line(page, "  %-*s %12s %12s  %s", LABEL_WIDTH, label, before, after, change);
}

static const char *duration(struct page *page, double ns)
{
    return format_duration(page->arena, (uint64_t)ns);
}

static const char *per_second(struct page *page, const struct diff_loop_count *sum)
{
    double seconds = (double)sum->observed_ns / 1e9;
    return seconds > 0 ? format_count(page->arena, (uint64_t)((double)sum->turns / seconds + 0.5))
                       : "-";
}

static const char *grade_text(enum diff_grade grade)
{
    switch (grade) {
    case DIFF_FIRM:
        return "more than runs of one side differ";
    case DIFF_LARGE:
        return "more than equal runs usually differ";
    default:
        return "";
    }
}

static const char *loop_word(struct page *page, const struct diff_loop *loop)
{
    switch (loop->class) {
    case DIFF_SAME:
        return "";
    case DIFF_UNSURE:
        return "not sure";
    default:
        return page_styled(page, loop->class == DIFF_WORSE ? PAGE_RED : PAGE_GREEN,
                           diff_class_name(loop->class));
    }
}

static void loop_block(struct page *page, const struct diff_loop *loop)
{
    struct arena *a = page->arena;
    const struct diff_loop_count *b = &loop->sum[DIFF_BEFORE], *c = &loop->sum[DIFF_AFTER];
    const char *where =
        loop->role->main ? loop->name : arena_print(a, "%s of %s", loop->name, loop->role->name);
    if (b->loops == 0 || c->loops == 0) {
        page_line(page, "LOOP %s (%s): in the runs %s only", where, loop->call,
                  b->loops ? "before" : "after");
        return;
    }
    const char *title = arena_print(a, "LOOP %s (%s)", where, loop->call);
    page_line(page, "%-*s %12s %12s", LABEL_WIDTH + 2, text_fit(a, title, LABEL_WIDTH + 2),
              "BEFORE", "AFTER");
    figures_line(page, "stalled, of its time", format_percent(a, 100 * loop->share[DIFF_BEFORE]),
                 format_percent(a, 100 * loop->share[DIFF_AFTER]), loop_word(page, loop));
    figures_line(page, "turns a second", per_second(page, b), per_second(page, c), "");
    figures_line(page, "stalls, of its turns", format_share(a, b->stalls, b->turns),
                 format_share(a, c->stalls, c->turns), "");
    figures_line(page, "a stall, p50", duration(page, loop->p50_ns[DIFF_BEFORE]),
                 duration(page, loop->p50_ns[DIFF_AFTER]), "");
    figures_line(page, "a stall, p99", duration(page, loop->p99_ns[DIFF_BEFORE]),
                 duration(page, loop->p99_ns[DIFF_AFTER]), "");
    figures_line(page, "the longest stall", format_duration(a, b->max_ns),
                 format_duration(a, c->max_ns), "");
}

static void loops(struct page *page, const struct diff *diff)
{
    enum { LOOPS_MOST = 3 };
    for (size_t i = 0; i < diff->loop_count && i < LOOPS_MOST; i++) {
        if (i == 0)
            fputc('\n', page->out);
        loop_block(page, diff->loops[i]);
    }
    if (diff->loop_count > LOOPS_MOST)
        page_line(page, "%zu more loops (--json lists all)", diff->loop_count - LOOPS_MOST);
}

/* ---- sites ---- */

static const char *rate(struct page *page, double value)
{
    return arena_print(page->arena, value >= 100 ? "%.0f" : value >= 1 ? "%.1f" : "%.3f", value);
}

static const char *value_text(struct page *page, const struct diff_site *site, enum diff_when when)
{
    const struct diff_figures *side = &site->side[when];
    if (site->measure == DIFF_PLACE)
        return site->left_loop == (when == DIFF_BEFORE) ? "on loop" : "off loop";
    if (!side->site)
        return "-";
    if (site->measure == DIFF_CALLS)
        return rate(page, site->value[when]);
    if (site->measure == DIFF_P50 || site->measure == DIFF_P99 || site->measure == DIFF_WAIT)
        return duration(page, site->value[when]);
    return format_duration(page->arena, side->sum.total_ns);
}

static const char *ratio_text(struct page *page, const struct diff_site *site)
{
    bool figures =
        site->measure == DIFF_CALLS || site->measure == DIFF_P50 || site->measure == DIFF_P99;
    if (!figures || site->ratio <= 0)
        return "";
    return arena_print(page->arena, site->ratio >= 10 ? "x%.0f" : "x%.2f", site->ratio);
}

/* "1,509 calls before, 2 after": what a row's columns do not tell. */
static const char *calls_text(struct page *page, const struct diff_site *site)
{
    struct arena *a = page->arena;
    const struct diff_count *b = &site->side[DIFF_BEFORE].sum, *c = &site->side[DIFF_AFTER].sum;
    if (b->calls && c->calls)
        return arena_print(a, "%s calls before, %s after", format_count(a, b->calls),
                           format_count(a, c->calls));
    const struct diff_figures *only = &site->side[b->calls ? DIFF_BEFORE : DIFF_AFTER];
    return arena_print(a, "%s, %s blocked, p50 %s  p99 %s",
                       format_plural(a, only->sum.calls, "call", "calls"),
                       format_count(a, only->sum.blocked), duration(page, only->p50_ns),
                       duration(page, only->p99_ns));
}

static const char *moved_text(struct page *page, const struct diff_site *site)
{
    struct arena *a = page->arena;
    const struct diff_site *other = site->other;
    const struct diff_figures *after = other ? &other->side[DIFF_AFTER] : &site->side[DIFF_AFTER];
    const struct diff_figures *before = &site->side[DIFF_BEFORE];
    const char *function = "";
    if (other)
        function = arena_print(a, " in %s (%s)", table_where(page, after->site, LABEL_WIDTH),
                               other->short_id);
    const char *stall =
        before->sum.stall_ns && site->left_loop
            ? arena_print(a, ", %s of stalls", format_duration(a, before->sum.stall_ns))
            : "";
    return arena_print(a, "%s the loop: %s%s before; now%s%s%s: %s, blocked %s",
                       site->left_loop ? "left" : "came onto",
                       format_plural(a, before->sum.calls, "call", "calls"), stall, function,
                       *after->threads && site->left_loop ? " on " : "",
                       site->left_loop ? after->threads : "",
                       format_plural(a, after->sum.calls, "call", "calls"),
                       format_duration(a, after->sum.blocked_ns));
}

static const char *stall_text(struct page *page, const struct diff_site *site)
{
    struct arena *a = page->arena;
    const struct diff_count *b = &site->side[DIFF_BEFORE].sum, *c = &site->side[DIFF_AFTER].sum;
    if (b->stall_ns + c->stall_ns == 0)
        return "";
    if (b->calls && c->calls)
        return arena_print(a, "  stalls: %s before, %s after", format_duration(a, b->stall_ns),
                           format_duration(a, c->stall_ns));
    return arena_print(a, "  stalls: %s", format_duration(a, b->stall_ns + c->stall_ns));
}

static const char *measure_text(struct page *page, const struct diff_site *site)
{
    static const char *const names[] = {[DIFF_NOTHING] = "",         [DIFF_P50] = "a call's median",
                                        [DIFF_P99] = "a call's p99", [DIFF_CALLS] = "calls per ",
                                        [DIFF_PLACE] = "",           [DIFF_WAIT] = "the same wait"};
    bool both = diff_on_both(site);
    const char *measure =
        arena_print(page->arena, "%s%s", names[site->measure], site->per ? site->per : "");
    const char *grade =
        site->class == DIFF_WORSE || site->class == DIFF_BETTER ? grade_text(site->grade) : "";
    return both && *measure
               ? arena_print(page->arena, "%s%s%s  ", measure, *grade ? ", " : "", grade)
               : "";
}

static const char *threads_text(struct page *page, const struct diff_site *site)
{
    enum diff_when when = site->side[DIFF_AFTER].site ? DIFF_AFTER : DIFF_BEFORE;
    const struct diff_figures *side = &site->side[when];
    if (side->sum.loop_calls)
        return side->sum.loop_calls == side->sum.calls ? "  on a loop" : "  partly on a loop";
    return *side->threads ? arena_print(page->arena, "  on %s", side->threads) : "";
}

static const char *wait_text(struct page *page, const struct diff_site *site)
{
    struct arena *a = page->arena;
    enum diff_when yielding = site->yields[DIFF_BEFORE] ? DIFF_BEFORE : DIFF_AFTER;
    const struct diff_figures *yields = &site->side[yielding];
    const struct diff_figures *blocks = &(site->other ? site->other : site)->side[!yielding];
    static const char *const words[] = {[DIFF_BEFORE] = "before", [DIFF_AFTER] = "after"};
    const char *poll =
        site->other ? arena_print(a, " in its %s (%s)", blocks->site->call, site->other->short_id)
                    : "";
    return arena_print(a, "%s beside others %s; %s blocked%s %s%s%s",
                       format_plural(a, yields->sum.pending, "wait", "waits"), words[yielding],
                       format_plural(a, blocks->sum.blocked, "call", "calls"), poll,
                       words[!yielding], *blocks->threads ? ", on " : "", blocks->threads);
}

static void row(struct page *page, const struct diff_site *site)
{
    struct arena *a = page->arena;
    const struct report_site *any = shown_site(site);
    int ids = (int)strlen(site->short_id);
    const char *where = table_where(page, any, (size_t)(WHERE_WIDTH + 4 - (ids > 4 ? ids : 4)));
    const char *call = table_call(page, any, CALL_WIDTH);
    const char *ratio = ratio_text(page, site);
    fprintf(page->out, "%s%*s %s%*s %s%*s %8s %8s%s%s\n",
            page_styled(page, PAGE_BOLD, site->short_id), ids < 4 ? 4 - ids : 0, "", where,
            WHERE_WIDTH + 4 - (ids > 4 ? ids : 4) - (int)text_width(where), "", call,
            CALL_WIDTH - (int)text_width(call), "", value_text(page, site, DIFF_BEFORE),
            value_text(page, site, DIFF_AFTER), *ratio ? " " : "", ratio);
    const char *text =
        site->measure == DIFF_WAIT ? wait_text(page, site)
        : site->measure == DIFF_PLACE
            ? moved_text(page, site)
            : arena_print(a, "%s%s%s%s%s%s%s", measure_text(page, site), calls_text(page, site),
                          stall_text(page, site), threads_text(page, site),
                          site->role->main ? "" : "  in ", site->role->main ? "" : site->role->name,
                          site->class == DIFF_UNMATCHED ? arena_print(a, "  (%s)", site->why) : "");
    const char *place = table_place(page, any);
    page_wrap(page, PAGE_PLAIN, "     ", 7, *place ? arena_print(a, "%s  %s", place, text) : text);
}

struct section {
    enum diff_class class;
    const char *title;
    enum page_style style;
};

static const struct section sections[] = {
    {DIFF_WORSE, "WORSE", PAGE_RED},
    {DIFF_NEW, "NEW (not there before)", PAGE_RED},
    {DIFF_BETTER, "BETTER", PAGE_GREEN},
    {DIFF_GONE, "GONE", PAGE_GREEN},
    {DIFF_UNSURE, "CHANGED, BUT NOT SURE", PAGE_YELLOW},
    {DIFF_UNMATCHED, "CANNOT BE MATCHED", PAGE_YELLOW},
};

/* A pair that moved is told once, with the site before. */
static bool told_with_other(const struct diff_site *site)
{
    return site->other && !site->side[DIFF_BEFORE].site;
}

static void section(struct page *page, const struct diff *diff, const struct section *section,
                    unsigned top)
{
    unsigned shown = 0, more = 0;
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct diff_site *site = diff->sites[i];
        bool apart = site->quiet && (site->class == DIFF_NEW || site->class == DIFF_GONE);
        if (site->class != section->class || apart || told_with_other(site))
            continue;
        if (shown == top) {
            more++;
            continue;
        }
        if (shown++ == 0) {
            fputc('\n', page->out);
            const char *title = page_styled(page, section->style, section->title);
            fprintf(page->out, "%s%*s %8s %8s\n", title,
                    (int)(WHERE_WIDTH + CALL_WIDTH + 6 - strlen(section->title)), "", "BEFORE",
                    "AFTER");
            if (section->class == DIFF_UNSURE)
                page_wrap(page, PAGE_PLAIN, "     ", 5, arena_print(page->arena, "%s:", site->why));
        }
        row(page, site);
    }
    if (more)
        page_line(page, "     %u more (--top %u)", more, shown + more);
}

/* What one side does beside others and the other on a thread: how long it waits in all. */
static void same_waits(struct page *page, const struct diff *diff, unsigned top)
{
    static const char *const titles[] = {[DIFF_BEFORE] = "ON THREADS NOW (yielded before)",
                                         [DIFF_AFTER] = "YIELD NOW (on threads before)"};
    for (int when = 0; when < DIFF_SIDES; when++) {
        unsigned shown = 0;
        for (size_t i = 0; i < diff->site_count; i++) {
            const struct diff_site *site = diff->sites[i];
            if (site->measure != DIFF_WAIT || !site->yields[when] || shown++ >= top)
                continue;
            if (shown == 1)
                fputc('\n', page->out);
            if (shown == 1)
                page_line(page, "%-*s %8s %8s", WHERE_WIDTH + CALL_WIDTH + 6, titles[when],
                          "BEFORE", "AFTER");
            row(page, site);
        }
        if (shown > top)
            page_line(page, "     %u more (--top %u)", shown - top, shown);
    }
}

static void rest(struct page *page, const struct diff *diff)
{
    struct arena *a = page->arena;
    fputc('\n', page->out);
    unsigned alike = diff->count[DIFF_SAME] - diff->waits[DIFF_BEFORE] - diff->waits[DIFF_AFTER];
    const char *text = format_plural(a, alike, "site", "sites");
    if (diff->count[DIFF_FEW])
        text = arena_print(a, "%s; %u with too few calls to tell", text, diff->count[DIFF_FEW]);
    if (diff->quiet[DIFF_NEW])
        text = arena_print(a, "%s; %u new that never blocked", text, diff->quiet[DIFF_NEW]);
    if (diff->quiet[DIFF_GONE])
        text = arena_print(a, "%s; %u gone that never blocked", text, diff->quiet[DIFF_GONE]);
    page_wrap(page, PAGE_PLAIN, "ALIKE   ", 8, arena_print(a, "%s (--json lists them)", text));
    for (unsigned i = 0; i < diff->note_count; i++)
        page_wrap(page, PAGE_PLAIN, "NOTE    ", 8, diff->notes[i]);
}

int render_diff(struct diff *diff, const struct render_diff_options *options, FILE *out,
                struct error *error)
{
    (void)error;
    struct page page = {.out = out, .arena = &diff->arena, .color = options->color};
    head(&page, diff);
    loops(&page, diff);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        section(&page, diff, &sections[i], options->top);
    same_waits(&page, diff, options->top);
    rest(&page, diff);
    return 0;
}
