/* SPDX-License-Identifier: MIT
 *
 * See audit_page.h. Reasons that need no thought are one paragraph each, with all their calls;
 * the others are tables, a line for each call and who made it. Nothing is left out.
 */
#include "audit_page.h"

#include "format.h"
#include "render.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define THREAD_SHARE 100u /* a thread with less than one part of this of all time is not named */
#define INSIDE_LINES 10u

/* What a reason means. `table`: who made the call matters. */
static const struct {
    const char *title, *text;
    bool table;
} whys[AUDIT_WHYS] = {
    [AUDIT_START] = {"AT THE START",
                     "before the library was ready in a new program: the work of "
                     "the loader, of shunt itself and of constructors before it",
                     false},
    [AUDIT_OWN] = {"SHUNT'S OWN", "the library names what a call waited for, and finds room",
                   false},
    [AUDIT_LOADER] = {"LOADER", "dlopen and what it opens and maps", true},
    [AUDIT_SIGNAL] = {"HANDLERS", "returns from signal handlers; no program calls that", false},
    [AUDIT_LIBC] = {"LIBC'S OWN",
                    "nobody outside libc asked: threads' starts and ends, and "
                    "threads of its own",
                    false},
    [AUDIT_EXIT] = {"AT THE END", "exit, and what libc writes out of streams then", false},
    [AUDIT_PASSED] = {"PASSED BY",
                      "functions that are recorded, called in a way that passes the "
                      "library by: dlsym on a handle, RTLD_DEEPBIND, another preload",
                      true},
    [AUDIT_SYSCALL] = {"BY NUMBER", "through libc's syscall(), which is not recorded", true},
    [AUDIT_NO_ROW] = {"NOT RECORDED",
                      "functions of libc that have no row; docs/limits.md has the "
                      "reasons",
                      true},
    [AUDIT_RAW] = {"RAW", "system call instructions outside libc", true},
    [AUDIT_UNKNOWN] = {"NOT TOLD",
                       "the stack could not be followed to a caller: clone3 leaves "
                       "no way back to be read",
                       true},
    [AUDIT_UNOBSERVED] = {"UNOBSERVED",
                          "in programs that the library is not in; shunt doctor says "
                          "why",
                          false},
};

struct group {
    enum audit_why why;
    struct audit_sum sum;
};

static void add(struct audit_sum *to, struct audit_sum more)
{
    to->calls += more.calls;
    to->ns += more.ns;
}

static int groups_by_time(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    return a->sum.ns < b->sum.ns ? 1 : a->sum.ns > b->sum.ns ? -1 : (int)a->why - (int)b->why;
}

const char *audit_headline(struct arena *arena, const struct audit_info *info)
{
    struct audit_sum all = info->inside;
    add(&all, info->outside);
    return arena_print(
        arena, "%s of the %s in system calls, and %s of %s calls, were inside recorded calls",
        format_share(arena, info->inside.ns, all.ns), format_duration(arena, all.ns),
        format_share(arena, info->inside.calls, all.calls), format_count(arena, all.calls));
}

/* ---- the head ---- */

static void side(struct page *page, const char *label, struct audit_sum sum, struct audit_sum all)
{
    struct arena *a = page->arena;
    page_line(page, "  %-24s %12s  %6s %12s  %6s", label, format_count(a, sum.calls),
              format_share(a, sum.calls, all.calls), format_duration(a, sum.ns),
              format_share(a, sum.ns, all.ns));
}

static void head(struct page *page, const struct audit_info *info, struct audit_sum all)
{
    struct arena *a = page->arena;
    page_wrap(page, PAGE_BOLD, "AUDIT  ", 7,
              arena_print(a,
                          "The kernel reported %s system calls in %s, %s in all. Each time "
                          "includes what it takes to watch: the quickest call took %s.",
                          format_count(a, all.calls),
                          format_plural(a, info->thread_count, "thread", "threads"),
                          format_duration(a, all.ns), format_duration(a, info->least_ns)));
    page_line(page, "  %-24s %12s  %6s %12s", "", "CALLS", "", "TIME");
    side(page, "inside recorded calls", info->inside, all);
    side(page, "outside", info->outside, all);
}

/* ---- outside ---- */

static void inline_list(struct page *page, const struct audit_info *info, enum audit_why why,
                        const char *title)
{
    struct arena *a = page->arena;
    const char *text = arena_print(a, "%s: ", whys[why].text);
    bool *done = ARENA_ARRAY(a, bool, info->line_count);
    const char *comma = "";
    for (unsigned i = 0; i < info->line_count; i++) {
        struct audit_sum sum = {0};
        const char *name = info->lines[i].system_call;
        for (unsigned j = i; j < info->line_count; j++) {
            const struct audit_line *line = &info->lines[j];
            if (done[j] || line->why != why || strcmp(line->system_call, name) != 0)
                continue;
            done[j] = true;
            add(&sum, line->sum);
        }
        if (!sum.calls)
            continue;
        text = arena_print(a, "%s%s%s %s", text, comma, name, format_count(a, sum.calls));
        comma = ", ";
    }
    page_wrap(page, PAGE_BOLD, title, 2, text);
}

static const char *who(struct arena *arena, const struct audit_line *line)
{
    const char *library = line->library ? line->library : "?";
    return line->caller ? arena_print(arena, "%s %s", library, line->caller) : library;
}

static void table(struct page *page, const struct audit_info *info, enum audit_why why,
                  const char *title)
{
    struct arena *a = page->arena;
    page_wrap(page, PAGE_BOLD, title, 2, whys[why].text);
    page_line(page, "  %9s %9s  %-16s %-18s %s", "TIME", "CALLS", "SYSTEM CALL", "THROUGH", "FROM");
    for (unsigned i = 0; i < info->line_count; i++) {
        const struct audit_line *line = &info->lines[i];
        if (line->why != why)
            continue;
        page_line(page, "  %9s %9s  %-16s %-18s %s", format_duration(a, line->sum.ns),
                  format_count(a, line->sum.calls), text_fit(a, line->system_call, 16),
                  text_fit(a, line->function ? line->function : "-", 18),
                  text_fit(a, who(a, line), 21));
    }
}

static unsigned make_groups(const struct audit_info *info, struct group *groups)
{
    unsigned count = 0;
    for (unsigned why = 0; why < AUDIT_WHYS; why++) {
        struct group group = {.why = (enum audit_why)why};
        for (unsigned i = 0; i < info->line_count; i++)
            if (info->lines[i].why == why)
                add(&group.sum, info->lines[i].sum);
        if (why != AUDIT_INSIDE && group.sum.calls)
            groups[count++] = group;
    }
    qsort(groups, count, sizeof *groups, groups_by_time);
    return count;
}

static void outside(struct page *page, const struct audit_info *info)
{
    struct arena *a = page->arena;
    struct group groups[AUDIT_WHYS];
    unsigned count = make_groups(info, groups);
    struct audit_sum listed = {0};
    for (unsigned i = 0; i < count; i++) {
        enum audit_why why = groups[i].why;
        const char *title = arena_print(a, "%s  %s, %s: ", whys[why].title,
                                        format_plural(a, groups[i].sum.calls, "call", "calls"),
                                        format_duration(a, groups[i].sum.ns));
        add(&listed, groups[i].sum);
        page_line(page, "%s", "");
        if (whys[why].table)
            table(page, info, why, title);
        else
            inline_list(page, info, why, title);
    }
    page_line(page, "%s", "");
    bool whole = listed.calls == info->outside.calls && listed.ns == info->outside.ns;
    page_line(page,
              whole ? "These are all %s calls outside, with all of their %s."
                    : "DAMAGED: these lines do not add up to %s calls and %s.",
              format_count(a, info->outside.calls), format_duration(a, info->outside.ns));
}

/* ---- inside, and threads ---- */

static void inside(struct page *page, const struct audit_info *info)
{
    struct arena *a = page->arena;
    unsigned shown = 0;
    struct audit_sum rest = {0};
    page_line(page, "%s", "");
    page_wrap(page, PAGE_BOLD, "INSIDE  ", 2, "which recorded call made which system call");
    for (unsigned i = 0; i < info->line_count; i++) {
        const struct audit_line *line = &info->lines[i];
        if (line->why != AUDIT_INSIDE)
            continue;
        if (shown++ < INSIDE_LINES)
            page_line(page, "  %9s %9s  %-16s %s", format_duration(a, line->sum.ns),
                      format_count(a, line->sum.calls), text_fit(a, line->system_call, 16),
                      line->function ? line->function : "?");
        else
            add(&rest, line->sum);
    }
    if (shown > INSIDE_LINES)
        page_line(page, "  %9s %9s  %u more", format_duration(a, rest.ns),
                  format_count(a, rest.calls), shown - INSIDE_LINES);
}

static void threads(struct page *page, const struct audit_info *info, struct audit_sum all)
{
    struct arena *a = page->arena;
    unsigned few = 0;
    page_line(page, "%s", "");
    page_wrap(page, PAGE_BOLD, "THREADS  ", 2, "time in system calls, and the part inside");
    for (unsigned i = 0; i < info->thread_count; i++) {
        const struct audit_line_thread *thread = &info->threads[i];
        uint64_t ns = thread->inside.ns + thread->outside.ns;
        if (ns < all.ns / THREAD_SHARE) {
            few++;
            continue;
        }
        page_line(page, "  %9s %7s  %7d %7d  %s%s", format_duration(a, ns),
                  format_share(a, thread->inside.ns, ns), thread->pid, thread->tid, thread->name,
                  thread->observed ? "" : " (not observed)");
    }
    if (few)
        page_line(page, "  %s with less than 1%% of it each",
                  format_plural(a, few, "thread", "threads"));
}

void audit_page(struct page *page, const struct audit_info *info)
{
    struct arena *a = page->arena;
    struct audit_sum all = info->inside;
    add(&all, info->outside);
    head(page, info, all);
    outside(page, info);
    inside(page, info);
    threads(page, info, all);
    if (info->went_on)
        page_line(page, "%s outlived the audit.",
                  format_plural(a, info->went_on, "process", "processes"));
    if (info->callers_not_sought)
        page_line(page, "The callers of %s calls were too many to be looked for.",
                  format_count(a, info->callers_not_sought));
    page_wrap(page, PAGE_DIM, "", 0,
              "No tracer sees page faults, the vDSO, and what io_uring does without a system "
              "call.");
}

int render_audit(struct report *report, const struct render_options *options, FILE *out,
                 struct error *error)
{
    struct page page = {.out = out, .arena = &report->arena, .color = options->color};
    if (!report->audit && report->note_count) /* a file that cannot be used, and why */
        return error_set(error, "%s", report->notes[0]);
    if (!report->audit)
        return error_set(error, "%s was not audited; record with: shunt run --audit -- COMMAND",
                         report->source);
    audit_page(&page, report->audit);
    return 0;
}
