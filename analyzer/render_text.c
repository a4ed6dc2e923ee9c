/* SPDX-License-Identifier: MIT
 *
 * The page a person reads first: how much was seen, what the loop could not do and why, what to do
 * about it, and what needs no attention. A word of shunt's own is explained where it first appears.
 */
#include "render.h"

#include "format.h"
#include "page.h"
#include "render_table.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VERDICTS_MOST  3u
#define THREADS_MOST   8u
#define PROCESSES_MOST 8u
#define GAPS_MOST      6u
#define TIMELINE       24u /* columns */

/* ---- how much was seen ---- */

static uint64_t lost(const struct report_process *process)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        sum += process->lost[i];
    return sum;
}

static const char *losses(struct page *page, const struct report_process *process)
{
    static const char *const names[TRACE_LOSS_KINDS] = {
        [TRACE_LOSS_CHUNKS] = "pieces of the file",
        [TRACE_LOSS_CONTEXTS] = "call chains",
        [TRACE_LOSS_CALLS] = "calls",
        [TRACE_LOSS_EVENTS] = "events",
        [TRACE_LOSS_STRINGS] = "names",
        [TRACE_LOSS_THREADS] = "threads",
        [TRACE_LOSS_TURNS] = "wait points",
        [TRACE_LOSS_MODULES] = "modules",
    };
    const char *text = "";
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        if (process->lost[i])
            text = arena_print(page->arena, "%s%s%s %s", text, *text ? ", " : "",
                               format_count(page->arena, process->lost[i]),
                               names[i] ? names[i] : "of another kind");
    return text;
}

static const char *state_text(struct page *page, const struct report_process *process)
{
    const char *wall = format_duration(page->arena, process->wall_ns);
    switch (process->state) {
    case REPORT_ENDED:
        return wall;
    case REPORT_KILLED:
        return arena_print(page->arena, "%s, no regular end", wall);
    case REPORT_REPLACED:
        return arena_print(page->arena, "%s, then became another program", wall);
    case REPORT_ALIVE:
        return arena_print(page->arena, "%s so far", wall);
    default:
        return arena_print(page->arena, "%s, still running or killed", wall);
    }
}

/* The share that is explained: on the loop, which matters most, and over all threads. */
static const char *saw_share(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const struct report_thread *loop = process->loop_count ? process->loops[0]->thread : NULL;
    const struct report_thread *least = process->saw_least_thread;
    if (!process->saw.known)
        return arena_print(a, " unknown, because %s", process->saw.why);
    const char *all = format_percent(a, process->saw.percent);
    bool uneven = least && process->saw_least.percent < process->saw.percent - 0.5;
    const char *text = arena_print(a, " %s of the time it spent waiting", all);
    if (uneven && loop && loop->saw.known)
        text = arena_print(a, " %s of the time the loop spent waiting, %s over all threads",
                           format_percent(a, loop->saw.percent), all);
    if (uneven)
        text = arena_print(a, "%s (least: %s, %s%s)", text, least->name,
                           format_percent(a, process->saw_least.percent),
                           process->saw_least.percent < 50
                               ? "; waits for locks and conditions are not recorded yet"
                               : "");
    return text;
}

static void saw(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *text =
        arena_print(a, "%s.  Ran %s.  Lost %s", saw_share(page, process), state_text(page, process),
                    lost(process) ? losses(page, process) : "0");
    if (process->own_cost_known)
        text = arena_print(a, "%s.  Own cost %s%s CPU", text,
                           process->own_cost_percent >= 0.1 ? "~" : "",
                           format_percent(a, process->own_cost_percent));
    if (process->own_memory)
        text = arena_print(a, "%s%s %s", text, process->own_cost_known ? "," : ".  Own memory",
                           format_bytes(a, process->own_memory));
    page_wrap(page, PAGE_BOLD, "SAW", 4, text);
    if (process->saw_how)
        page_wrap(page, PAGE_PLAIN, "    To know it: ", 4, process->saw_how);
}

static void head(struct page *page, const struct report_process *process)
{
    const char *program =
        process->command_line && *process->command_line ? process->command_line : process->name;
    const char *title = arena_print(page->arena, "%s (pid %d)", process->name, process->pid);
    size_t room = PAGE_WIDTH - 16 - text_width(title);
    fprintf(page->out, "%s  %s  %s\n", page_styled(page, PAGE_BOLD, "shunt report"), title,
            room < PAGE_WIDTH ? text_fit(page->arena, program, room) : "");
    saw(page, process);
    if (process->setup_trouble)
        page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8, process->setup_trouble);
    for (unsigned i = 0; i < process->gap_count && i < GAPS_MOST; i++)
        page_wrap(page, PAGE_YELLOW, "UNSEEN ", 7, process->gaps[i]);
    if (process->gap_count > GAPS_MOST)
        page_line(page, "UNSEEN and %u more (--json lists all)", process->gap_count - GAPS_MOST);
    for (unsigned i = 0; i < process->note_count; i++)
        page_wrap(page, PAGE_PLAIN, "NOTE ", 5, process->notes[i]);
}

/* ---- loops ---- */

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

static void where_time_went(struct page *page, const struct report_loop *loop)
{
    struct arena *a = page->arena;
    uint64_t inside = loop->site_stall_ns;
    uint64_t rest = loop->stall_ns > inside ? loop->stall_ns - inside : 0;
    uint64_t idle = loop->observed_ns > loop->turn_ns ? loop->observed_ns - loop->turn_ns : 0;
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(a,
                          "of the stall: %s in the calls below, %s computing, waiting for a CPU "
                          "or unseen",
                          format_share(a, inside, loop->stall_ns),
                          format_share(a, rest, loop->stall_ns)));
    page_wrap(page, PAGE_PLAIN, "  ", 4,
              arena_print(a, "of the %s watched: %s idle, waiting for work%s",
                          format_duration(a, loop->observed_ns), format_duration(a, idle),
                          loop->thread->cpu_known
                              ? arena_print(a, "; the thread used %s of CPU",
                                            format_duration(a, loop->thread->cpu_ns))
                              : ""));
}

static void explain_loop(struct page *page, const struct report_process *process)
{
    page_wrap(
        page, PAGE_DIM, "  ", 2,
        arena_print(page->arena,
                    "(A loop is a thread that sleeps in one place until there is work. A turn "
                    "is one round of it; a turn of %s or more is a stall: nobody else is "
                    "served meanwhile.)",
                    format_duration(page->arena, process->threshold_ns)));
}

static void loop_block(struct page *page, const struct report_process *process,
                       const struct report_loop *loop, bool first)
{
    struct arena *a = page->arena;
    const char *where = loop->file ? arena_print(a, "%s:%d", text_basename(loop->file), loop->line)
                                   : table_function(page, loop->function);
    const char *label =
        arena_print(a, "LOOP %s", loop->thread->is_main ? "main" : loop->thread->name);
    page_wrap(page, PAGE_BOLD, label, 2,
              arena_print(a, " (%s, %s): %s turns, stalled %s of %s (%s)", loop->call, where,
                          format_count(a, loop->turns), format_duration(a, loop->stall_ns),
                          format_duration(a, loop->observed_ns),
                          format_share(a, loop->stall_ns, loop->observed_ns)));
    if (loop->stalls) {
        page_wrap(page, PAGE_PLAIN, "  ", 4,
                  arena_print(a,
                              "%s stalls: p50 %s  p99 %s  max %s; after %s of them work was "
                              "already waiting",
                              format_count(a, loop->stalls), format_duration(a, loop->p50_ns),
                              format_duration(a, loop->p99_ns), format_duration(a, loop->max_ns),
                              format_share(a, loop->harmful, loop->stalls)));
        timeline(page, loop);
        where_time_went(page, loop);
    }
    if (first)
        explain_loop(page, process);
}

static void verdicts(struct page *page, const struct report_loop *loop)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < loop->site_count && shown < VERDICTS_MOST; i++) {
        const struct report_site *site = loop->sites[i]->site;
        bool matters = loop->sites[i]->stall_ns * 20 >= loop->stall_ns && loop->stall_ns;
        bool fine = site->advice.verdict == VERDICT_FINE;
        /* the greatest part deserves a word, even a good one */
        if ((fine && i == 0 && matters) || (!fine && (matters || shown == 0))) {
            fputc('\n', page->out);
            table_verdict(page, site);
            shown++;
        }
    }
}

static void loops(struct page *page, const struct report_process *process, unsigned top)
{
    for (unsigned i = 0; i < process->loop_count; i++) {
        const struct report_loop *loop = process->loops[i];
        fputc('\n', page->out);
        loop_block(page, process, loop, i == 0);
        if (loop->stall_ns == 0)
            continue;
        fputc('\n', page->out);
        table_loop(page, loop, top);
        verdicts(page, loop);
    }
}

/* ---- the rest ---- */

static void no_timeouts(struct page *page, const struct report_process *process)
{
    unsigned listed = 0;
    for (unsigned i = 0; i < process->site_count && listed < 3; i++) {
        const struct report_site *site = process->sites[i];
        if (!site->no_timeout || !site->facts || !site->pattern ||
            (site->facts->family != FAMILY_socket &&
             !(text_starts(site->pattern, "tcp:") || text_starts(site->pattern, "udp:"))))
            continue;
        page_wrap(page, PAGE_YELLOW, "NO TIMEOUT", 12,
                  arena_print(page->arena, "  %s  %s: if %s never answers, it waits for good",
                              site->short_id, table_call(page, site, 40), site->pattern));
        listed++;
    }
}

static void without_loop(struct page *page, const struct report_process *process, unsigned top)
{
    struct arena *a = page->arena;
    fputc('\n', page->out);
    if (process->blocked == 0) {
        page_wrap(page, PAGE_BOLD, "NOTHING BLOCKED", 2,
                  arena_print(a, ": none of %s calls took %s or more.",
                              format_count(a, process->calls),
                              format_duration(a, process->threshold_ns)));
        return;
    }
    page_wrap(page, PAGE_BOLD, "BLOCKED", 2,
              arena_print(a,
                          " for %s in %s of %s calls (blocked: the call took %s or more). No loop "
                          "in this program: a blocked call holds up its own thread only.",
                          format_duration(a, process->blocked_ns),
                          format_count(a, process->blocked), format_count(a, process->calls),
                          format_duration(a, process->threshold_ns)));
    fputc('\n', page->out);
    table_threads(page, process, top);
    fputc('\n', page->out);
    page_wrap(page, PAGE_GREEN, "VERDICT fine", 8,
              ": ordinary blocking calls on threads of their own; nothing to move.");
}

static const char *thread_text(struct page *page, const struct report_thread *thread)
{
    struct arena *a = page->arena;
    const char *name =
        thread->folded > 1 ? arena_print(a, "%s x%u", thread->name, thread->folded) : thread->name;
    if (thread->calls == 0)
        return arena_print(a, "%s idle (0 calls)", name);
    return arena_print(a, "%s %s calls, blocked %s", name, format_count(a, thread->calls),
                       format_duration(a, thread->blocked_ns));
}

static void other_threads(struct page *page, const struct report_process *process)
{
    const char *text = NULL;
    unsigned shown = 0, left = 0;
    for (unsigned i = 0; i < process->thread_count; i++) {
        const struct report_thread *thread = process->threads[i];
        if (thread->loop || (process->loop_count == 0 && thread->is_main))
            continue;
        if (shown == THREADS_MOST) {
            left++;
            continue;
        }
        text = text ? arena_print(page->arena, "%s;  %s", text, thread_text(page, thread))
                    : thread_text(page, thread);
        shown++;
    }
    if (left)
        text = arena_print(page->arena, "%s;  and %u more", text, left);
    if (text)
        page_wrap(page, PAGE_BOLD, "Other threads  ", 15, text);
}

static void other_blocking(struct page *page, const struct report_process *process)
{
    if (process->loop_count == 0 || process->other_count == 0)
        return;
    fputc('\n', page->out);
    page_line(page, "OFF THE LOOPS (a blocked call here holds up its own thread only)");
    table_threads(page, process, 3);
}

/* Calls on loops that hardly ever blocked. */
static void nothing_to_do(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *names = "";
    uint64_t calls = 0, blocked = 0;
    unsigned listed = 0;
    for (unsigned i = 0; i < process->loop_count; i++)
        for (unsigned j = 0; j < process->loops[i]->site_count; j++) {
            const struct report_use *use = process->loops[i]->sites[j];
            if (use->site->advice.verdict != VERDICT_FINE || use->calls < 10)
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
        text = arena_print(a, "%s%s: the loop's idle wait, %s visits, not ranked.", text,
                           process->loops[i]->call, format_count(a, process->loops[i]->visits));
    if (*text)
        page_wrap(page, PAGE_BOLD, "Nothing to do  ", 15, text);
}

static void in_progress(struct page *page, const struct report_process *process)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < process->thread_count && shown < 4; i++) {
        const struct report_thread *thread = process->threads[i];
        if (!thread->current_call)
            continue;
        page_wrap(page, PAGE_BOLD, "At the end     ", 15,
                  arena_print(page->arena, "%s was in %s%s%s%s%s", thread->name,
                              thread->current_call, thread->current_site ? ", site " : "",
                              thread->current_site ? thread->current_site->short_id : "",
                              thread->current_ns ? " for " : "",
                              thread->current_ns ? format_duration(page->arena, thread->current_ns)
                                                 : ""));
        shown++;
    }
}

static void process_page(struct page *page, const struct report_process *process, unsigned top)
{
    head(page, process);
    if (process->loop_count)
        loops(page, process, top);
    else
        without_loop(page, process, top);
    other_blocking(page, process);
    fputc('\n', page->out);
    no_timeouts(page, process);
    other_threads(page, process);
    nothing_to_do(page, process);
    in_progress(page, process);
}

/* One line for each process that has no page of its own here. */
static void other_processes(struct page *page, const struct report *report,
                            const struct report_process *shown)
{
    struct arena *a = page->arena;
    unsigned listed = 0, children = 0, left = 0;
    uint64_t left_calls = 0, left_blocked = 0;
    if (report->process_count < 2)
        return;
    for (unsigned i = 0; i < report->process_count; i++)
        children += report->processes[i]->ppid == shown->pid;
    page_wrap(page, PAGE_BOLD, "Processes      ", 15,
              arena_print(a,
                          "%u others, %u of them children of this one (--pid N shows one, --all "
                          "all)",
                          report->process_count - 1, children));
    for (unsigned i = 0; i < report->process_count; i++) {
        const struct report_process *process = report->processes[i];
        if (process == shown)
            continue;
        if (listed++ >= PROCESSES_MOST) {
            left++;
            left_calls += process->calls;
            left_blocked += process->blocked_ns;
            continue;
        }
        page_line(page, "  %7d %s%s: %s, %s calls, blocked %s%s", process->pid,
                  text_fit(a, process->name, 20),
                  process->state == REPORT_REPLACED ? " (until exec)"
                  : process->forked                 ? " (fork)"
                                                    : "",
                  format_duration(a, process->wall_ns), format_count(a, process->calls),
                  format_duration(a, process->blocked_ns),
                  process->stall_ns
                      ? arena_print(a, ", stalled %s", format_duration(a, process->stall_ns))
                      : "");
    }
    if (left)
        page_line(page, "          and %u more: %s calls, blocked %s", left,
                  format_count(a, left_calls), format_duration(a, left_blocked));
}

static void next_commands(struct page *page, const struct report_process *process,
                          const struct render_options *options)
{
    const char *again = options->again;
    const struct report_site *first = NULL;
    if (process->loop_count && process->loops[0]->site_count)
        first = process->loops[0]->sites[0]->site;
    else if (process->other_count)
        first = process->others[0];
    if (first)
        page_line(page, "NEXT     shunt report%s%s --site %s    all about the first site",
                  *again ? " " : "", again, first->short_id);
    page_line(page, "%s shunt report%s%s --json    everything, for programs",
              first ? "        " : "NEXT    ", *again ? " " : "", again);
    if (process->setup_trouble || process->calls == 0)
        page_line(page, "         shunt doctor PROGRAM    why it may not be seen");
}

int render_text(struct report *report, const struct render_options *options, FILE *out,
                struct error *error)
{
    (void)error;
    struct page page = {.out = out, .arena = &report->arena, .color = options->color};
    const struct report_process *shown = NULL;
    for (unsigned i = 0; i < report->process_count; i++) {
        const struct report_process *process = report->processes[i];
        bool wanted = options->all || (options->pid ? process->pid == options->pid : !shown);
        if (!wanted)
            continue;
        if (shown)
            fputs("\n\n", out);
        process_page(&page, process, options->top);
        shown = process;
    }
    if (!shown)
        return 0;
    if (!options->all)
        other_processes(&page, report, shown);
    for (unsigned i = 0; i < report->note_count; i++)
        page_wrap(&page, PAGE_YELLOW, "LEFT OUT ", 9, report->notes[i]);
    next_commands(&page, shown, options);
    return 0;
}
