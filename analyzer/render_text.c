/* SPDX-License-Identifier: MIT
 *
 * The page a person reads first: how much was seen, what the loop could not do and why, what to do
 * about it, and what needs no attention. A word of shunt's own is explained where it first appears.
 */
#include "advise_rules.h"
#include "format.h"
#include "pages.h"
#include "render_parts.h"
#include "render_rules.h"
#include "render_table.h"
#include "text.h"

#include <string.h>

static void no_timeouts(struct page *page, const struct report_process *process)
{
    unsigned listed = 0;
    for (unsigned i = 0; i < process->site_count && listed < 3; i++) {
        const struct report_site *site = process->sites[i];
        if (!site->no_timeout || !site->facts || !site->pattern ||
            (site->facts->family != FAMILY_socket &&
             !(text_starts(site->pattern, "tcp:") || text_starts(site->pattern, "udp:"))))
            continue;
        const char *peer = strchr(site->pattern, '*') ? "a peer" : site->pattern;
        page_wrap(page, PAGE_YELLOW, "NO TIMEOUT", 12,
                  arena_print(page->arena, "  %s %s: if %s never answers, it waits for good",
                              site->short_id, site->call, peer));
        listed++;
    }
}

static bool has_noise(const struct report_process *process)
{
    for (unsigned i = NOISE_NONE + 1; i < NOISE_KINDS; i++)
        if (process->noise[i].blocked)
            return true;
    return false;
}

/* A hub that did not turn often enough to be measured; NULL none. */
static const struct report_thread *hub_of(const struct report_process *process)
{
    for (unsigned i = 0; i < process->thread_count; i++)
        if (process->threads[i]->hub && !process->threads[i]->loop)
            return process->threads[i];
    return NULL;
}

static const char *hub_text(struct page *page, const struct report_thread *hub)
{
    const struct advise_runtime *runtime = advise_runtime_of(hub->hub);
    return arena_print(page->arena,
                       "%s's hub is on thread %s and turned too few times to be measured: a call "
                       "that blocks there holds up all green threads.",
                       runtime ? runtime->shown : hub->hub, hub->is_main ? "main" : hub->name);
}

static void hub_verdicts(struct page *page, const struct report_process *process)
{
    enum { MOST = 3 };
    unsigned shown = 0;
    for (unsigned i = 0; i < process->other_count && shown < MOST; i++) {
        const struct report_site *site = process->others[i];
        if (site->advice.verdict == VERDICT_FINE || site->advice.verdict == VERDICT_COOPERATIVE)
            continue;
        fputc('\n', page->out);
        table_verdict(page, site);
        shown++;
    }
}

static void without_loop(struct page *page, const struct report_process *process, unsigned top)
{
    struct arena *a = page->arena;
    fputc('\n', page->out);
    if (process->calls == 0) {
        page_wrap(page, PAGE_BOLD, "NOTHING RECORDED", 2, ": no intercepted call has ended.");
        return;
    }
    if (process->blocked == 0) {
        page_wrap(page, PAGE_BOLD, "NOTHING BLOCKED", 2,
                  arena_print(a, ": none of %s calls took %s or more%s.",
                              format_count(a, process->calls),
                              format_duration(a, process->threshold_ns),
                              has_noise(process) ? ", those left out apart" : ""));
        return;
    }
    const struct report_thread *hub = hub_of(process);
    page_wrap(page, PAGE_BOLD, "BLOCKED", 2,
              arena_print(a, " for %s in %s of %s calls (blocked: the call took %s or more). %s",
                          format_duration(a, process->blocked_ns),
                          format_count(a, process->blocked), format_count(a, process->calls),
                          format_duration(a, process->threshold_ns),
                          hub ? hub_text(page, hub)
                              : "No loop in this program: a blocked call holds up its own thread "
                                "only."));
    fputc('\n', page->out);
    table_threads(page, process, top);
    if (hub) {
        hub_verdicts(page, process);
        return;
    }
    fputc('\n', page->out);
    page_wrap(page, PAGE_GREEN, "VERDICT fine", 8,
              ": ordinary blocking calls on threads of their own; nothing to move.");
}

static void other_blocking(struct page *page, const struct report_process *process)
{
    if (process->loop_count == 0 || process->other_count == 0)
        return;
    fputc('\n', page->out);
    page_line(page, "OFF THE LOOPS (a blocked call here holds up its own thread only)");
    table_threads(page, process, 3);
}

/* Under goal threads the loop goes: what it will be replaced by is the page. */
static void threads_page(struct page *page, const struct report_process *process, unsigned top)
{
    fputc('\n', page->out);
    parts_loop_lines(page, process);
    if (process->loop_count == 0 && hub_of(process))
        page_wrap(page, PAGE_PLAIN, "", 2, hub_text(page, hub_of(process)));
    parts_on_threads(page, process, top);
    parts_plan(page, process);
    other_blocking(page, process);
    fputc('\n', page->out);
    parts_locks(page, process);
    parts_other_threads(page, process);
    parts_left_out(page, process);
    if (process->state != REPORT_KILLED)
        parts_in_progress(page, process);
}

static void process_page(struct page *page, const struct report *report,
                         const struct report_process *process, const struct render_options *options)
{
    unsigned top = options->top;
    parts_head(page, report, process);
    parts_goal(page, report, process);
    if (report->goal == GOAL_THREADS && (process->loop_count || process->runtime)) {
        threads_page(page, process, top);
        return;
    }
    if (process->loop_count)
        parts_loops(page, process, top);
    else
        without_loop(page, process, top);
    other_blocking(page, process);
    fputc('\n', page->out);
    parts_requests(page, process, 1);
    parts_forecast(page, process);
    parts_routes(page, process);
    parts_rules(page, process);
    parts_waits(page, process);
    parts_locks(page, process);
    no_timeouts(page, process);
    parts_other_threads(page, process);
    parts_nothing_to_do(page, process);
    parts_left_out(page, process);
    if (process->state != REPORT_KILLED)
        parts_in_progress(page, process);
}

int render_text(struct report *report, const struct render_options *options, FILE *out,
                struct error *error)
{
    (void)error;
    struct page page = {.out = out, .arena = &report->arena, .color = options->color};
    const struct report_process *shown = pages_each(&page, report, options, process_page);
    if (!shown)
        return 0;
    if (!options->all)
        parts_other_processes(&page, report, shown);
    parts_report(&page, report);
    parts_next_commands(&page, report->goal, shown, options);
    return 0;
}
