/* SPDX-License-Identifier: MIT
 *
 * See diff.h. Each run is read as a report of its own; the steps of diff_parts.h do the rest.
 */
#include "diff.h"

#include "diff_parts.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_LEAST 3u /* a side, to hold the sides against the differences within them */

static const char *const class_names[DIFF_CLASSES] = {
    [DIFF_WORSE] = "worse",   [DIFF_NEW] = "new",       [DIFF_BETTER] = "better",
    [DIFF_GONE] = "gone",     [DIFF_UNSURE] = "unsure", [DIFF_UNMATCHED] = "unmatched",
    [DIFF_FEW] = "few-calls", [DIFF_SAME] = "same"};

const char *diff_class_name(enum diff_class class)
{
    return class_names[class];
}

enum diff_class diff_class_of(const char *name)
{
    unsigned class = 0;
    while (class < DIFF_CLASSES && strcmp(class_names[class], name) != 0)
        class ++;
    return (enum diff_class) class;
}

const char *diff_grade_name(enum diff_grade grade)
{
    static const char *const names[] = {
        [DIFF_PLAIN] = "plain", [DIFF_LARGE] = "large", [DIFF_FIRM] = "firm"};
    return names[grade];
}

bool diff_has(const struct diff *diff, enum diff_class class)
{
    return diff->count[class] + diff->loop_classes[class] > 0;
}

/* ---- reading ---- */

static const struct report_process *by_pid(const struct report *report, int pid)
{
    for (unsigned i = 0; i < report->process_count; i++)
        if (report->processes[i]->pid == pid && pid)
            return report->processes[i];
    return NULL;
}

static bool earlier(const struct report_process *a, const struct report_process *b)
{
    return a->started_realtime_ns < b->started_realtime_ns;
}

/* The program that was started: the one whose parent was not recorded, in its last image. */
static const struct report_process *main_process(const struct report *report)
{
    const struct report_process *root = NULL;
    for (unsigned i = 0; i < report->process_count; i++) {
        const struct report_process *process = report->processes[i];
        if (!process->forked && process->pid && !by_pid(report, process->ppid) &&
            (!root || earlier(process, root)))
            root = process;
    }
    if (!root)
        return report->processes[0];
    for (unsigned i = 0; i < report->process_count; i++)
        if (report->processes[i]->pid == root->pid && !report->processes[i]->forked &&
            report->processes[i]->state != REPORT_REPLACED)
            return report->processes[i];
    return root;
}

static int read_run(struct diff_run *run, const char *path, const struct report_options *options,
                    struct error *error)
{
    struct report_options all = {.wrappers = options->wrappers,
                                 .since = options->since,
                                 .until = options->until,
                                 .all = true};
    if (report_build(&run->report, &path, 1, &all, error) < 0)
        return -1;
    run->main = main_process(&run->report);
    return 0;
}

/* The loop's thread matters most. */
static const struct report_saw *saw_of(const struct diff_run *run, bool loop)
{
    return loop ? &run->main->loops[0]->thread->saw : &run->main->saw;
}

static void describe_side(struct diff_side *side)
{
    const struct diff_run *first = &side->runs[0];
    side->command = first->report.command ? first->report.command : first->main->command_line;
    side->saw_known = true;
    side->saw_loop = true;
    for (unsigned i = 0; i < side->run_count; i++)
        side->saw_loop &= side->runs[i].main->loop_count > 0;
    for (unsigned i = 0; i < side->run_count; i++) {
        const struct report_saw *saw = saw_of(&side->runs[i], side->saw_loop);
        side->saw_known &= saw->known;
        if (i == 0 || saw->percent < side->saw_least)
            side->saw_least = saw->percent;
        if (i == 0 || saw->percent > side->saw_most)
            side->saw_most = saw->percent;
        const struct report *report = &side->runs[i].report;
        for (unsigned j = 0; j < report->process_count; j++)
            for (unsigned k = 0; k < TRACE_LOSS_KINDS; k++)
                side->lost += report->processes[j]->lost[k];
    }
}

static int read_side(struct diff *diff, enum diff_when when, const char *const *paths,
                     unsigned count, const struct report_options *options, struct error *error)
{
    struct diff_side *side = &diff->side[when];
    side->runs = ARENA_ARRAY(&diff->arena, struct diff_run, count);
    side->name = paths[0];
    for (unsigned i = 0; i < count; i++) {
        if (read_run(&side->runs[i], paths[i], options, error) < 0)
            return -1;
        side->run_count++;
    }
    describe_side(side);
    return 0;
}

/* ---- were they recorded in turn? ---- */

struct start {
    uint64_t when;
    enum diff_when side;
};

static int by_start(const void *a, const void *b)
{
    uint64_t x = ((const struct start *)a)->when, y = ((const struct start *)b)->when;
    return (x > y) - (x < y);
}

/* Before, after, before, ...: then what changes on the machine changes both sides. */
static bool in_turn(struct diff *diff)
{
    unsigned before = diff->side[DIFF_BEFORE].run_count, after = diff->side[DIFF_AFTER].run_count;
    unsigned count = 0, turns = 0;
    struct start *starts = ARENA_ARRAY(&diff->arena, struct start, before + after);
    for (int when = 0; when < DIFF_SIDES; when++)
        for (unsigned i = 0; i < diff->side[when].run_count; i++)
            starts[count++] = (struct start){diff->side[when].runs[i].main->started_realtime_ns,
                                             (enum diff_when)when};
    qsort(starts, count, sizeof *starts, by_start);
    for (unsigned i = 1; i < count; i++)
        turns += starts[i].side != starts[i - 1].side;
    return turns >= (before < after ? before : after);
}

int diff_build(struct diff *diff, const char *const *before, unsigned before_count,
               const char *const *after, unsigned after_count, const struct report_options *options,
               struct error *error)
{
    *diff = (struct diff){0};
    if (read_side(diff, DIFF_BEFORE, before, before_count, options, error) < 0 ||
        read_side(diff, DIFF_AFTER, after, after_count, options, error) < 0) {
        diff_free(diff);
        return -1;
    }
    diff->several = before_count >= RUNS_LEAST && after_count >= RUNS_LEAST;
    diff->in_turn = in_turn(diff);
    diff_collect(diff);
    diff_match(diff);
    diff_judge(diff);
    diff_words(diff);
    return 0;
}

void diff_free(struct diff *diff)
{
    for (int when = 0; when < DIFF_SIDES; when++)
        for (unsigned i = 0; i < diff->side[when].run_count; i++)
            report_free(&diff->side[when].runs[i].report);
    arena_release(&diff->arena);
    *diff = (struct diff){0};
}
