/* SPDX-License-Identifier: MIT
 *
 * The end of a page: other threads, calls in progress, other processes, what to type next.
 */
#include "render_parts.h"

#include "format.h"
#include "map.h"
#include "noise.h"
#include "render_table.h"
#include "text.h"

#include <string.h>

#define THREADS_MOST   8u
#define PROCESSES_MOST 8u

/* ---- threads ---- */

static bool is_other(const struct report_process *process, unsigned index)
{
    const struct report_thread *thread = process->threads[index];
    return !thread->loop && !(process->loop_count == 0 && thread->is_main);
}

struct group {
    const char *name;
    uint64_t count, calls, blocked_ns;
    const struct report_process *first; /* the busiest of them */
};

static const char *thread_text(struct page *page, const struct group *group)
{
    struct arena *a = page->arena;
    const char *name = group->count > 1
                           ? arena_print(a, "%s x%s", group->name, format_count(a, group->count))
                           : group->name;
    if (group->calls == 0)
        return arena_print(a, "%s idle (0 calls)", name);
    return arena_print(a, "%s %s, blocked %s", name,
                       format_plural(a, group->calls, "call", "calls"),
                       format_duration(a, group->blocked_ns));
}

void parts_other_threads(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    struct map known = {.arena = a};
    struct group *groups = ARENA_ARRAY(a, struct group, process->thread_count);
    unsigned count = 0;
    for (unsigned i = 0; i < process->thread_count; i++) {
        const struct report_thread *thread = process->threads[i];
        if (!is_other(process, i))
            continue;
        uint64_t key = text_key(thread->name);
        uint32_t at = map_get(&known, key);
        if (at == MAP_NONE) {
            at = count++;
            map_put(&known, key, at);
            groups[at] = (struct group){.name = thread->name};
        }
        groups[at].count += thread->folded ? thread->folded : 1;
        groups[at].calls += thread->calls;
        groups[at].blocked_ns += thread->blocked_ns;
    }
    const char *text = "";
    for (unsigned i = 0; i < count && i < THREADS_MOST; i++)
        text = arena_print(a, "%s%s%s", text, *text ? ";  " : "", thread_text(page, &groups[i]));
    if (count > THREADS_MOST)
        text = arena_print(a, "%s;  and %u more kinds", text, count - THREADS_MOST);
    if (*text)
        page_wrap(page, PAGE_BOLD, "Other threads  ", 15, text);
}

void parts_left_out(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const char *text = "";
    for (unsigned i = NOISE_NONE + 1; i < NOISE_KINDS; i++) {
        const struct report_noise *noise = &process->noise[i];
        if (noise->calls)
            text = arena_print(a, "%s%s%s: %s in %s, %s", text, *text ? ";  " : "",
                               noise_words((enum noise)i),
                               format_plural(a, noise->calls, "call", "calls"),
                               format_plural(a, noise->threads, "thread", "threads"),
                               format_duration(a, noise->total_ns));
    }
    if (*text)
        page_wrap(page, PAGE_BOLD, "LEFT OUT       ", 15, text);
}

static const char *doing(struct page *page, const struct report_process *process,
                         const struct report_thread *thread)
{
    struct arena *a = page->arena;
    const char *is = process->state == REPORT_ALIVE ? "is" : "was";
    const char *lasting = thread->current_ns
                              ? arena_print(a, " for %s%s", process->end_known ? "" : "at least ",
                                            format_duration(a, thread->current_ns))
                              : "";
    if (thread->current_idle)
        return arena_print(a, "%s %s in its loop's idle wait (%s)%s", thread->name, is,
                           thread->current_call, lasting);
    const char *where = "";
    if (thread->current_where && thread->current_file)
        where = arena_print(a, ", called by %s:%d %s", text_basename(thread->current_file),
                            thread->current_line, thread->current_where);
    else if (thread->current_where)
        where = arena_print(a, ", called by %s",
                            table_function(page, thread->current_where, thread->current_module));
    return arena_print(
        a, "%s %s in %s%s%s%s", thread->name, is, thread->current_call, lasting, where,
        thread->current_site ? arena_print(a, " (site %s)", thread->current_site->short_id) : "");
}

void parts_in_progress(struct page *page, const struct report_process *process)
{
    enum { MOST = 4 };
    unsigned found = 0;
    const char *label = process->state == REPORT_ALIVE ? "Just now       " : "At the end     ";
    for (int idle = 0; idle < 2; idle++) /* what holds somebody up comes first */
        for (unsigned i = 0; i < process->thread_count; i++) {
            const struct report_thread *thread = process->threads[i];
            if (thread->current_call && thread->current_idle == (bool)idle && found++ < MOST)
                page_wrap(page, PAGE_BOLD, label, 15, doing(page, process, thread));
        }
    if (found > MOST)
        page_line(page, "               and %u more threads in a call", found - MOST);
}

/* ---- processes ---- */

static const char *kind_text(const struct report_process *process)
{
    return process->state == REPORT_REPLACED ? " (until exec)" : process->forked ? " (fork)" : "";
}

static void process_line(struct page *page, const struct group *group)
{
    struct arena *a = page->arena;
    const struct report_process *first = group->first;
    const char *head =
        arena_print(a, "  %7d %s%s", first->pid, text_fit(a, first->name, 20), kind_text(first));
    const char *calls = format_plural(a, group->calls, "call", "calls");
    const char *blocked = format_duration(a, group->blocked_ns);
    if (group->count > 1)
        page_line(page, "%s and %s like it: %s, blocked %s in all", head,
                  format_count(a, group->count - 1), calls, blocked);
    else
        page_line(page, "%s: %s, %s, blocked %s%s", head, format_duration(a, first->wall_ns), calls,
                  blocked,
                  first->stall_ns
                      ? arena_print(a, ", stalled %s", format_duration(a, first->stall_ns))
                      : "");
}

static unsigned group_processes(struct page *page, const struct report *report,
                                const struct report_process *shown, struct group *groups)
{
    struct map known = {.arena = page->arena};
    unsigned count = 0;
    for (unsigned i = 0; i < report->process_count; i++) {
        const struct report_process *process = report->processes[i];
        if (process == shown)
            continue;
        unsigned kind = (process->state == REPORT_REPLACED) * 2u + process->forked;
        uint64_t key = text_key(process->name) ^ kind;
        uint32_t at = map_get(&known, key);
        if (at == MAP_NONE) {
            at = count++;
            map_put(&known, key, at);
            groups[at] = (struct group){.first = process};
        }
        groups[at].count++;
        groups[at].calls += process->calls;
        groups[at].blocked_ns += process->blocked_ns;
    }
    return count;
}

void parts_other_processes(struct page *page, const struct report *report,
                           const struct report_process *shown)
{
    struct arena *a = page->arena;
    unsigned children = 0;
    if (report->process_count < 2)
        return;
    for (unsigned i = 0; i < report->process_count; i++)
        children += report->processes[i]->ppid == shown->pid;
    unsigned others = report->process_count - 1;
    const char *kin = children ? arena_print(a, ", %s of them started by this one",
                                             children == others ? "all" : format_count(a, children))
                               : "";
    page_wrap(page, PAGE_BOLD, "Processes      ", 15,
              arena_print(a, "%s%s (--pid N shows one, --all every one)",
                          format_plural(a, others, "other", "others"),
                          children == 1 && others == 1 ? ", started by this one" : kin));
    struct group *groups = ARENA_ARRAY(a, struct group, others);
    unsigned count = group_processes(page, report, shown, groups);
    for (unsigned i = 0; i < count && i < PROCESSES_MOST; i++)
        process_line(page, &groups[i]);
    if (count > PROCESSES_MOST)
        page_line(page, "          and %u more programs", count - PROCESSES_MOST);
}

/* ---- what concerns all of them ---- */

/* Those that were met, or were not, of wrappers (which change owners) or of what names Python's
 * own; "" none. */
static const char *listed(struct page *page, const struct report *report, bool wrappers,
                          bool matched)
{
    const char *list = "";
    for (size_t i = 0; i < report->wrapper_count; i++) {
        const struct wrapper *one = &report->wrappers[i];
        bool is_wrapper = one->kind == WRAPPER_NATIVE || one->kind == WRAPPER_PYTHON;
        if (is_wrapper == wrappers && one->matched == matched)
            list = arena_print(page->arena, "%s%s%s", list, *list ? ", " : "", one->text);
    }
    return list;
}

static void wrappers(struct page *page, const struct report *report)
{
    struct arena *a = page->arena;
    const char *used = listed(page, report, true, true);
    const char *unused = listed(page, report, true, false);
    const char *own = listed(page, report, false, true);
    const char *absent = listed(page, report, false, false);
    if (*used)
        page_wrap(page, PAGE_BOLD, "Wrappers       ", 15,
                  arena_print(a, "%s: their callers are the owners", used));
    if (*own)
        page_wrap(page, PAGE_BOLD, "Application    ", 15, own);
    if (*unused)
        page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8,
                  arena_print(a,
                              "no recorded call went through the wrapper %s: a name spelt "
                              "otherwise, or a function that was inlined or has no symbol",
                              unused));
    if (*absent)
        page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8,
                  arena_print(a, "no recorded call came from %s: a name spelt otherwise", absent));
}

static void marks(struct page *page, const struct report *report)
{
    enum { MOST = 6 };
    struct arena *a = page->arena;
    const char *text = "";
    for (unsigned i = 0; i < report->mark_count && i < MOST; i++)
        text = arena_print(a, "%s%s%u \"%s\"", text, i ? ", " : "", report->marks[i].number,
                           report->marks[i].text);
    if (report->mark_count > MOST)
        text = arena_print(a, "%s and %u more", text, report->mark_count - MOST);
    if (report->mark_count)
        page_wrap(page, PAGE_BOLD, "Marks          ", 15,
                  arena_print(a, "%s%s", text,
                              report->since || report->until
                                  ? ""
                                  : "  (--since 1 leaves out what came before the first)"));
}

void parts_report(struct page *page, const struct report *report)
{
    marks(page, report);
    wrappers(page, report);
    for (unsigned i = 0; i < report->note_count; i++)
        page_wrap(page, PAGE_YELLOW, "LEFT OUT ", 9, report->notes[i]);
}

/* ---- what to type next ---- */

/* A command has to be whole: one that is too long for a line goes on in the next. */
static void command(struct page *page, bool first, const char *words, const char *again,
                    const char *comment)
{
    struct arena *a = page->arena;
    const char *label = first ? "NEXT     " : "         ";
    const char *line = arena_print(a, "%sshunt %s%s%s", label, words, *again ? " " : "", again);
    if (text_width(line) + 4 + text_width(comment) <= PAGE_WIDTH)
        fprintf(page->out, "%s    %s\n", line, comment);
    else if (text_width(line) <= PAGE_WIDTH)
        fprintf(page->out, "%s\n", line);
    else
        fprintf(page->out, "%sshunt %s \\\n           %s\n", label, words, again);
}

void parts_next_commands(struct page *page, enum goal goal, const struct report_process *process,
                         const struct render_options *options)
{
    const struct report_site *first = NULL;
    if (goal == GOAL_THREADS && process->plan_count)
        first = process->plan[0];
    else if (process->loop_count && process->loops[0]->site_count)
        first = process->loops[0]->sites[0]->site;
    else if (process->other_count)
        first = process->others[0];
    bool libraries = process->group_count[GROUP_LIBRARY] > 1;
    if (first)
        command(page, true, arena_print(page->arena, "site %s", first->short_id), options->again,
                "all about the first site");
    if (libraries)
        command(page, !first, "report --by library", options->again, "which dependency it is");
    command(page, !first && !libraries, "report --json", options->again,
            "everything, for programs");
    if (process->setup_trouble || process->calls == 0)
        page_line(page, "         shunt doctor PROGRAM    why it may not be seen");
}
