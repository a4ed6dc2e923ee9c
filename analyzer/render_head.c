/* SPDX-License-Identifier: MIT
 *
 * The head of a page: whose it is, how much was seen, what was not, and what to be careful about.
 */
#include "render_parts.h"

#include "advise_rules.h"
#include "format.h"
#include "text.h"

#include <string.h>

#define GAPS_MOST 6u

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
        [TRACE_LOSS_LOCKS] = "holders of locks",
        [TRACE_LOSS_SPAWNS] = "spawn points",
        [TRACE_LOSS_PYTHON] = "Python lines",
        [TRACE_LOSS_PENDING] = "pending waits",
        [TRACE_LOSS_ROUTES] = "where calls ran",
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
    struct arena *a = page->arena;
    const char *wall = arena_print(a, "%s%s", process->end_known ? "" : "at least ",
                                   format_duration(a, process->lived_ns));
    if (process->is_part)
        return arena_print(a, "%s%s of the %s it ran", process->end_known ? "" : "At least ",
                           format_duration(a, process->wall_ns),
                           format_duration(a, process->lived_ns));
    const char *signal = process->signal ? sigabbrev_np(process->signal) : NULL;
    switch (process->state) {
    case REPORT_ENDED:
        return arena_print(a, "Ran %s", wall);
    case REPORT_KILLED:
        return signal ? arena_print(a, "Ran %s, then killed by SIG%s", wall, signal)
                      : arena_print(a, "Ran %s, no regular end (a signal, or _exit)", wall);
    case REPORT_REPLACED:
        return arena_print(a, "Ran %s, then became another program", wall);
    case REPORT_ALIVE:
        return arena_print(a, "Still running, for %s so far", wall);
    default:
        return arena_print(a, "Ran %s, still running or ended by a signal or _exit", wall);
    }
}

/* Whose waiting the share speaks of. */
static const char *saw_whom(struct page *page, const struct report_process *process)
{
    if (process->silent == 0)
        return "it spent waiting";
    return arena_print(page->arena, "its %s with recorded calls spent waiting",
                       format_plural(page->arena, process->thread_count, "thread", "threads"));
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
    const char *text = arena_print(a, " %s of the time %s", all, saw_whom(page, process));
    if (uneven && loop && loop->saw.known)
        text = arena_print(a, " %s of the time the loop spent waiting, %s over all threads",
                           format_percent(a, loop->saw.percent), all);
    if (uneven)
        text = arena_print(a, "%s (least: %s, %s)", text, least->name,
                           format_percent(a, process->saw_least.percent));
    return text;
}

static void saw(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *text =
        arena_print(a, "%s.  %s.  Lost %s", saw_share(page, process), state_text(page, process),
                    lost(process) ? losses(page, process) : "0");
    if (process->own_cost_known)
        text = arena_print(a, "%s.  Own cost %s CPU", text,
                           process->own_cost_percent >= 0.1
                               ? arena_print(a, "~%s", format_percent(a, process->own_cost_percent))
                               : "under 0.1%");
    if (process->own_memory)
        text = arena_print(a, "%s%s %s", text, process->own_cost_known ? "," : ".  Own memory",
                           format_bytes(a, process->own_memory));
    page_wrap(page, PAGE_BOLD, "SAW", 4, text);
    if (process->saw_how)
        page_wrap(page, PAGE_PLAIN, "    To know it: ", 4, process->saw_how);
}

/* The whole run may be another story: which part of it this is comes first. */
static void part(struct page *page, const struct report *report,
                 const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *end =
        report->until ? arena_print(a, "the mark \"%s\"", report->until->text) : "the end";
    if (!process->is_part)
        return;
    page_wrap(page, PAGE_BOLD, "PART ", 5,
              report->since
                  ? arena_print(a,
                                "of the run: from the mark \"%s\" to %s. Times count from the "
                                "mark.",
                                report->since->text, end)
                  : arena_print(a, "of the run: from its start to %s.", end));
}

/* "  Eventlet 0.33.1 hub" */
static const char *runtime_of(struct page *page, const struct report_process *process)
{
    const struct advise_runtime *runtime = advise_runtime_of(process->runtime);
    if (!runtime)
        return "";
    return arena_print(page->arena, "  %s%s%s %s", runtime->shown,
                       process->runtime_version ? " " : "",
                       process->runtime_version ? process->runtime_version : "",
                       runtime->on == ON_GREEN ? "hub" : "loop");
}

void parts_head(struct page *page, const struct report *report,
                const struct report_process *process)
{
    const char *program =
        process->command_line && *process->command_line ? process->command_line : process->name;
    const char *title = arena_print(page->arena, "%s (pid %d)%s", process->name, process->pid,
                                    runtime_of(page, process));
    size_t room = PAGE_WIDTH - 16 - text_width(title);
    fprintf(page->out, "%s  %s  %s\n", page_styled(page, PAGE_BOLD, "shunt report"), title,
            room < PAGE_WIDTH ? text_fit(page->arena, program, room) : "");
    part(page, report, process);
    saw(page, process);
    if (process->setup_trouble)
        page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8, process->setup_trouble);
    for (unsigned i = 0; i < process->gap_count && i < GAPS_MOST; i++)
        page_wrap(page, PAGE_YELLOW, "UNSEEN ", 7, process->gaps[i]);
    if (process->gap_count > GAPS_MOST)
        page_line(page, "UNSEEN and %u more (--json lists all)", process->gap_count - GAPS_MOST);
    for (unsigned i = 0; i < process->note_count; i++)
        page_wrap(page, PAGE_PLAIN, "NOTE ", 5, process->notes[i]);
    if (process->state == REPORT_KILLED)
        parts_in_progress(page, process);
}
