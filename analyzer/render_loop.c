/* SPDX-License-Identifier: MIT
 *
 * The loops of a page: how long each could not turn, the sites that explain it, and what to do.
 */
#include "render_parts.h"

#include "advise_rules.h"
#include "format.h"
#include "render_table.h"
#include "text.h"

#include <string.h>

#define VERDICTS_MOST 3u
#define TIMELINE      24u /* columns */

static const char *seconds_label(struct page *page, uint64_t ns)
{
    return arena_print(page->arena, "%02.0fs", (double)ns / 1e9);
}

/* Stall by time, drawn in at most TIMELINE columns; empty when there is nothing to draw. */
static const char *sparkline(struct page *page, const struct report_loop *loop)
{
    static const char *const bars[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                       "\u2585", "\u2586", "\u2587", "\u2588"};
    if (loop->slice_count < 2 || loop->stall_ns == 0)
        return "";
    unsigned each = (loop->slice_count + TIMELINE - 1) / TIMELINE;
    const char *text = "";
    uint64_t most = 0;
    for (int draw = 0; draw < 2; draw++)
        for (unsigned i = 0; i < loop->slice_count; i += each) {
            uint64_t sum = 0;
            for (unsigned j = i; j < i + each && j < loop->slice_count; j++)
                sum += loop->slices[j];
            most = sum > most ? sum : most;
            if (draw)
                text = arena_print(page->arena, "%s%s", text,
                                   sum ? bars[most ? (sum * 7 + most / 2) / most : 0] : ".");
        }
    return text;
}

static void timeline(struct page *page, const struct report_loop *loop)
{
    const char *line = sparkline(page, loop);
    const char *worst = "";
    struct arena *a = page->arena;
    if (loop->worst_count) {
        const struct report_turn *turn = &loop->worst[0];
        worst = arena_print(a, "worst: +%s, %s", format_duration(a, turn->when_ns),
                            format_duration(a, turn->length_ns));
        if (turn->top_count && turn->top[0].site)
            worst = arena_print(a, "%s, site %s%s", worst, turn->top[0].site->short_id,
                                turn->top[0].calls > 1
                                    ? arena_print(a, " x%s", format_count(a, turn->top[0].calls))
                                    : "");
    }
    if (*line)
        page_line(page, "  %s %s %s   %s", seconds_label(page, loop->chosen_ns), line,
                  seconds_label(page, loop->chosen_ns + loop->observed_ns), worst);
    else if (*worst)
        page_line(page, "  %s", worst);
}

/* Where the loop sleeps, as short as it can be told. */
static const char *wait_place(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    if (loop->python)
        return arena_print(a, "%s:%d", loop->module, loop->line);
    if (loop->file)
        return arena_print(a, "%s:%d", text_basename(loop->file), loop->line);
    const char *function = table_function(page, loop->function, loop->shown_module);
    const char *callers = table_callers(page, loop->callers);
    /* an offset alone tells a reader nothing: who called it may */
    return strchr(loop->function, '!') && *callers ? arena_print(a, "%s from %s", function, callers)
                                                   : function;
}

/* "LOOP main", or "HUB main" of a green runtime. */
static const char *loop_title(struct page *page, const struct report_loop *loop)
{
    const struct advise_runtime *runtime = advise_runtime_of(loop->runtime);
    return arena_print(page->arena, "%s %s", runtime && runtime->on == ON_GREEN ? "HUB" : "LOOP",
                       loop->thread->is_main ? "main" : loop->thread->name);
}

static const char *loop_stalled(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    if (loop->stalls == 0)
        return arena_print(a, "%s, none stalled, in %s",
                           format_plural(a, loop->turns, "turn", "turns"),
                           format_duration(a, loop->observed_ns));
    return arena_print(a, "%s, stalled %s of %s (%s)",
                       format_plural(a, loop->turns, "turn", "turns"),
                       format_duration(a, loop->stall_ns), format_duration(a, loop->observed_ns),
                       format_share(a, loop->stall_ns, loop->observed_ns));
}

/* Of the stall, what lies in no recorded call. */
static uint64_t outside_calls(const struct report_loop *loop)
{
    uint64_t inside = loop->site_stall_ns + loop->noise_stall_ns;
    return loop->stall_ns > inside ? loop->stall_ns - inside : 0;
}

static const char *outside_text(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    uint64_t rest = outside_calls(loop);
    const char *noise = loop->noise_stall_ns
                            ? arena_print(a, "%s in waits left out, ",
                                          format_share(a, loop->noise_stall_ns, loop->stall_ns))
                            : "";
    if (!loop->stall_cpu_known)
        return arena_print(a, "%s%s computing, waiting for a CPU or unseen", noise,
                           format_share(a, rest, loop->stall_ns));
    return arena_print(a, "%s%s computing, %s waiting for a CPU or unseen", noise,
                       format_share(a, loop->computing_ns, loop->stall_ns),
                       format_share(a, rest - loop->computing_ns, loop->stall_ns));
}

static void where_time_went(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    uint64_t idle = loop->observed_ns > loop->turn_ns ? loop->observed_ns - loop->turn_ns : 0;
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(a, "of the stall: %s in the calls below, %s",
                          format_share(a, loop->site_stall_ns, loop->stall_ns),
                          outside_text(page, loop)));
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(a, "of the %s watched: %s idle, waiting for work%s",
                          format_duration(a, loop->observed_ns), format_duration(a, idle),
                          loop->thread->cpu_known
                              ? arena_print(a, "; the thread used %s of CPU",
                                            format_duration(a, loop->thread->cpu_ns))
                              : ""));
}

static void explain_loop(struct page *page, const struct report_process *process,
                         const struct report_loop *loop)
{
    const struct advise_runtime *runtime = advise_runtime_of(loop->runtime);
    const char *what =
        runtime && runtime->on == ON_GREEN
            ? arena_print(page->arena,
                          "%s's hub is the thread on which all its green threads take turns; it "
                          "sleeps until one of them can go on.",
                          runtime->shown)
            : "A loop is a thread that sleeps in one place until there is work.";
    page_wrap(page, PAGE_DIM, "  ", 2,
              arena_print(page->arena,
                          "(%s A turn is one round of it; a turn of %s or more is a stall: nobody "
                          "else is served meanwhile.)",
                          what, format_duration(page->arena, process->threshold_ns)));
}

static void stalls(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    const char *harm = loop->harmful ? arena_print(a, "after %s of them work was already waiting",
                                                   format_share(a, loop->harmful, loop->stalls))
                                     : "no work was waiting after any of them";
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(a, "%s: p50 %s  p99 %s  max %s; %s",
                          format_plural(a, loop->stalls, "stall", "stalls"),
                          format_duration(a, loop->p50_ns), format_duration(a, loop->p99_ns),
                          format_duration(a, loop->max_ns), harm));
    timeline(page, loop);
    where_time_went(page, loop);
}

static void loop_block(struct page *page, const struct report_process *process,
                       const struct report_loop *loop, bool first)
{
    struct arena *a = page->arena;
    page_wrap(page, PAGE_BOLD, loop_title(page, loop), 2,
              arena_print(a, " (%s, %s): %s", loop->call, wait_place(page, loop),
                          loop_stalled(page, loop)));
    if (loop->stalls)
        stalls(page, loop);
    if (first)
        explain_loop(page, process, loop);
}

/* A loop that has no block of its own: its sites and verdicts stand with another, or it is calm. */
static void loop_line(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    const char *text = arena_print(a, " (%s): %s", loop->call, loop_stalled(page, loop));
    if (loop->stalls)
        text = arena_print(a, "%s, max %s", text, format_duration(a, loop->max_ns));
    if (loop->stalls && loop->site_count && loop->sites[0]->stall_ns)
        text = arena_print(a, "%s; first %s, %s of it", text, loop->sites[0]->site->short_id,
                           format_share(a, loop->sites[0]->stall_ns, loop->stall_ns));
    page_wrap(page, PAGE_BOLD, loop_title(page, loop), 2, text);
}

/* A verdict stands with the loop that the site stalls most. */
static bool is_worst_here(const struct report_use *use)
{
    for (const struct report_use *other = use->site->uses; other; other = other->next)
        if (!other->noise && other->thread->loop && other->stall_ns > use->stall_ns)
            return false;
    return true;
}

/* What the part of the stall outside recorded calls may be. */
static const char *unseen_text(struct page *page, const struct report_process *process,
                               const struct report_loop *loop)
{
    if (loop->stall_cpu_known && loop->computing_ns > outside_calls(loop) / 2)
        return "It is computing: the thread was on a CPU.";
    return arena_print(page->arena,
                       "It is %swaiting for a CPU, a page fault, or a call that is not "
                       "recorded%s%s (\"shunt calls\" lists what is).",
                       loop->stall_cpu_known ? "" : "computing, ",
                       process->not_recorded ? ": " : "",
                       process->not_recorded ? process->not_recorded : "");
}

static void unseen_verdict(struct page *page, const struct report_process *process,
                           const struct report_loop *loop)
{
    struct arena *a = page->arena;
    if (outside_calls(loop) <= loop->stall_ns / 2)
        return;
    fputc('\n', page->out);
    page_wrap(page, PAGE_YELLOW, "VERDICT unknown", 8,
              arena_print(a,
                          ": %s of the stall lies in no recorded call, so moving calls cannot "
                          "mend it. %s",
                          format_share(a, outside_calls(loop), loop->stall_ns),
                          unseen_text(page, process, loop)));
}

static void verdicts(struct page *page, const struct report_process *process,
                     const struct report_loop *loop)
{
    unsigned shown = 0;
    if (loop->calm) {
        fputc('\n', page->out);
        page_wrap(page, PAGE_GREEN, "VERDICT fine", 8,
                  ": the loop is stalled for under 1% of the time and never for 10 ms; nothing "
                  "to move.");
        return;
    }
    for (unsigned i = 0; i < loop->site_count && shown < VERDICTS_MOST; i++) {
        const struct report_site *site = loop->sites[i]->site;
        bool matters = loop->sites[i]->stall_ns * 20 >= loop->stall_ns && loop->stall_ns;
        bool fine = site->advice.verdict == VERDICT_FINE;
        /* the greatest part deserves a word, even a good one */
        if (!matters || (fine && i > 0) || !is_worst_here(loop->sites[i]))
            continue;
        fputc('\n', page->out);
        table_verdict(page, site);
        shown++;
    }
    unseen_verdict(page, process, loop);
}

static bool same_wait(const struct report_loop *a, const struct report_loop *b)
{
    return strcmp(a->call, b->call) == 0 && strcmp(a->function, b->function) == 0 &&
           strcmp(a->module, b->module) == 0;
}

/* Worker threads run one loop many times: the first, worst one stands for them. */
static bool is_brief(const struct report_process *process, unsigned index)
{
    const struct report_loop *loop = process->loops[index];
    for (unsigned i = 0; i < index; i++)
        if (same_wait(loop, process->loops[i]))
            return true;
    return index > 0 && loop->calm;
}

void parts_loops(struct page *page, const struct report_process *process, unsigned top)
{
    bool brief = false;
    for (unsigned i = 0; i < process->loop_count; i++) {
        const struct report_loop *loop = process->loops[i];
        if (is_brief(process, i))
            continue;
        fputc('\n', page->out);
        loop_block(page, process, loop, i == 0);
        if (loop->stall_ns == 0)
            continue;
        if (i == 0)
            parts_libraries(page, process);
        fputc('\n', page->out);
        table_loop(page, loop, top);
        verdicts(page, process, loop);
    }
    for (unsigned i = 0; i < process->loop_count; i++) {
        if (!is_brief(process, i))
            continue;
        if (!brief)
            fputc('\n', page->out);
        brief = true;
        loop_line(page, process->loops[i]);
    }
}

void parts_loop_lines(struct page *page, const struct report_process *process)
{
    for (unsigned i = 0; i < process->loop_count; i++)
        loop_line(page, process->loops[i]);
}

/* ---- what needs nobody ---- */

/* A use that hardly ever blocked, and had no part in the stalls worth a word. */
static bool is_harmless(const struct report_loop *loop, const struct report_use *use)
{
    enum verdict verdict = use->site->advice.verdict;
    return (verdict == VERDICT_FINE || verdict == VERDICT_COOPERATIVE) && use->calls >= 10 &&
           use->stall_ns <= loop->stall_ns / 100 && use->blocked <= use->calls / 100;
}

void parts_nothing_to_do(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *names = "";
    uint64_t calls = 0, blocked = 0;
    unsigned listed = 0;
    for (unsigned i = 0; i < process->loop_count; i++)
        for (unsigned j = 0; j < process->loops[i]->site_count; j++) {
            const struct report_use *use = process->loops[i]->sites[j];
            if (!is_harmless(process->loops[i], use))
                continue;
            calls += use->calls;
            blocked += use->blocked;
            if (strstr(names, use->site->call) == NULL && listed++ < 6)
                names = arena_print(a, "%s%s%s", names, *names ? ", " : "", use->site->call);
        }
    const char *text = "";
    if (calls)
        text = arena_print(a, "%s%s: %s of %s calls under %s.  ", names, listed > 6 ? ", ..." : "",
                           format_share(a, calls - blocked, calls), format_count(a, calls),
                           format_duration(a, process->threshold_ns));
    for (unsigned i = 0; i < process->loop_count && i < 1; i++)
        text = arena_print(a, "%s%s: the loop's idle wait, %s, not ranked.", text,
                           process->loops[i]->call,
                           format_plural(a, process->loops[i]->visits, "visit", "visits"));
    if (*text)
        page_wrap(page, PAGE_BOLD, "Nothing to do  ", 15, text);
}
