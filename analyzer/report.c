/* SPDX-License-Identifier: MIT
 *
 * Builds the model: read, symbolize, aggregate, advise. Each process is first summed without a
 * single name, so that names are resolved only for those that will be shown.
 */
#include "report.h"

#include "advise.h"
#include "completeness.h"
#include "forecast.h"
#include "group.h"
#include "inputs.h"
#include "library_waits.h"
#include "locks.h"
#include "loops.h"
#include "noise.h"
#include "owner.h"
#include "plan.h"
#include "processes.h"
#include "python.h"
#include "requests.h"
#include "rollouts.h"
#include "routes.h"
#include "rules_hit.h"
#include "runtimes.h"
#include "settings.h"
#include "sites.h"
#include "spawns.h"
#include "targets.h"
#include "text.h"
#include "unnamed.h"
#include "waits.h"
#include "why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One trace file and the processes in it. */
struct trace {
    struct reader *reader;
    struct source *sources;
    unsigned count;
};

struct job {
    struct build build;
    struct trace *traces;
    unsigned count;
    struct source **sources; /* of all files, busiest first */
    unsigned source_count;
    const char *run_directory; /* the one that these are of; equal strings of inputs are one */
    const struct run_info *run;
    const struct window *window;
};

const char *report_goal_name(enum goal goal)
{
    return goal == GOAL_THREADS ? "threads" : "unblock";
}

const char *report_verdict_name(enum verdict verdict)
{
    static const char *const names[] = {[VERDICT_FINE] = "fine",
                                        [VERDICT_OFFLOAD] = "offload",
                                        [VERDICT_CHANGE] = "change",
                                        [VERDICT_COOPERATIVE] = "cooperative",
                                        [VERDICT_UNKNOWN] = "unknown"};
    return names[verdict];
}

const char *report_grouping_name(enum report_grouping grouping)
{
    static const char *const names[] = {[GROUP_SITE] = "site",
                                        [GROUP_LIBRARY] = "library",
                                        [GROUP_MODULE] = "module",
                                        [GROUP_TARGET] = "target",
                                        [GROUP_THREAD] = "thread"};
    return names[grouping];
}

const char *report_confidence_name(enum confidence confidence)
{
    static const char *const names[] = {
        [CONFIDENCE_LOW] = "low", [CONFIDENCE_MEDIUM] = "medium", [CONFIDENCE_HIGH] = "high"};
    return names[confidence];
}

const char *report_state_name(enum report_state state)
{
    static const char *const names[] = {[REPORT_ENDED] = "ended",
                                        [REPORT_ALIVE] = "alive",
                                        [REPORT_KILLED] = "killed",
                                        [REPORT_REPLACED] = "replaced",
                                        [REPORT_OPEN] = "open"};
    return names[state];
}

/* ---- read ---- */

static void add_note(struct report *report, const char *text)
{
    enum { NOTES_MOST = 32 };
    if (!report->notes)
        report->notes = ARENA_ARRAY(&report->arena, const char *, NOTES_MOST);
    if (report->note_count < NOTES_MOST)
        report->notes[report->note_count++] = text;
}

/* Of several directories the first that was audited is shown. */
static void read_audit(struct job *job, const char *directory)
{
    struct error error;
    const struct audit_info *audit = audit_info_read(job->build.arena, directory, &error);
    if (!job->build.report->audit)
        job->build.report->audit = audit;
    if (!audit && error.text[0])
        add_note(job->build.report, text_clean(job->build.arena, error.text));
}

/* run.json and the marks of a directory, read once for all files in it. 0, or -1 with a sentence.
 */
static int enter(struct job *job, const char *directory, struct error *error)
{
    struct arena *arena = job->build.arena;
    struct report *report = job->build.report;
    const struct report_options *options = job->build.options;
    if (job->run_directory == directory)
        return 0;
    struct window *window = ARENA_NEW(arena, struct window);
    if (window_open(window, arena, directory, options->since, options->until, error) < 0)
        return -1;
    const char *trouble;
    const struct run_info *run = run_info_read(arena, directory, &trouble);
    if (trouble)
        add_note(report, arena_print(arena, "%s/%s", directory, trouble));
    if (run && !report->command)
        report->command = run->command;
    if (run && run->audited)
        read_audit(job, directory);
    if (!report->marks) {
        report->marks = window->marks.items;
        report->mark_count = window->marks.count;
        report->since = window->since;
        report->until = window->until;
    }
    job->window = window;
    job->run = run_info_between(arena, run, window->from.threads, window->to.threads);
    job->run_directory = directory;
    return 0;
}

/* 1: nothing of it is looked at. */
static int read_trace(struct job *job, const struct input *input, struct error *error)
{
    struct trace *trace = &job->traces[job->count];
    struct source like = {.run = job->run, .window = job->window};
    int result = window_reader(job->window, job->build.arena, input->path, &trace->reader,
                               &like.part, error);
    if (result != 0)
        return result;
    like.reader = trace->reader;
    job->count++;
    trace->count = processes_find(&job->build, &like, &trace->sources);
    job->source_count += trace->count;
    return 0;
}

static int read_traces(struct job *job, const struct inputs *inputs, struct error *error)
{
    struct arena *arena = job->build.arena;
    job->traces = ARENA_ARRAY(arena, struct trace, inputs->count);
    for (unsigned i = 0; i < inputs->count; i++) {
        if (enter(job, inputs->items[i].directory, error) < 0)
            return -1;
        if (read_trace(job, &inputs->items[i], error) < 0)
            add_note(job->build.report, text_clean(arena, error->text));
    }
    if (job->count == 0 && job->build.options->until)
        return error_set(error, "no process had begun when the mark \"%s\" was set",
                         job->build.options->until);
    if (job->count == 0) /* the sentence about the last file stands */
        return -1;
    return 0;
}

/* ---- order ---- */

static int busier(const void *a, const void *b)
{
    const struct report_process *x = (*(struct source *const *)a)->process;
    const struct report_process *y = (*(struct source *const *)b)->process;
    /* what only led to another image (a wrapper script, env) is not what was to be watched */
    bool x_stayed = x->state != REPORT_REPLACED, y_stayed = y->state != REPORT_REPLACED;
    const uint64_t left[] = {x_stayed, x->stall_ns, x->blocked_ns, x->calls, (uint64_t)y->pid};
    const uint64_t right[] = {y_stayed, y->stall_ns, y->blocked_ns, y->calls, (uint64_t)x->pid};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

/* Images of one process follow each other; all but the last were replaced. */
static void measure(struct job *job)
{
    struct map last = {.arena = job->build.arena}; /* pid -> index */
    for (unsigned i = 0; i < job->source_count; i++) {
        uint32_t pid = (uint32_t)job->sources[i]->process->pid;
        uint32_t other = map_get(&last, pid);
        if (other == MAP_NONE || job->sources[other]->begin < job->sources[i]->begin)
            map_put(&last, pid, i);
    }
    for (unsigned i = 0; i < job->source_count; i++)
        processes_measure(job->sources[i],
                          map_get(&last, (uint32_t)job->sources[i]->process->pid) != i);
}

/* Processes that were over before the part that is looked at are none of it. */
static bool is_over(const struct source *source)
{
    return source->part.begin && source->process->is_part && source->process->wall_ns == 0 &&
           source->process->calls == 0;
}

static void drop_over(struct job *job)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < job->source_count; i++)
        if (!is_over(job->sources[i]))
            job->sources[kept++] = job->sources[i];
    if (kept < job->source_count)
        add_note(
            job->build.report,
            arena_print(job->build.arena, "%u %s over before the mark \"%s\"",
                        job->source_count - kept,
                        job->source_count - kept == 1 ? "process that was" : "processes that were",
                        job->build.report->since->text));
    job->source_count = kept;
}

static void order_processes(struct job *job)
{
    struct report *report = job->build.report;
    job->sources = ARENA_ARRAY(job->build.arena, struct source *, job->source_count);
    unsigned filled = 0;
    for (unsigned i = 0; i < job->count; i++)
        for (unsigned j = 0; j < job->traces[i].count; j++)
            job->sources[filled++] = &job->traces[i].sources[j];
    measure(job);
    drop_over(job);
    qsort(job->sources, job->source_count, sizeof(struct source *), busier);
    report->processes = ARENA_ARRAY(job->build.arena, struct report_process *, job->source_count);
    report->process_count = job->source_count;
    for (unsigned i = 0; i < job->source_count; i++)
        report->processes[i] = job->sources[i]->process;
}

static int thread_order(const void *a, const void *b)
{
    const struct report_thread *x = *(struct report_thread *const *)a;
    const struct report_thread *y = *(struct report_thread *const *)b;
    if (x->is_main != y->is_main)
        return x->is_main ? -1 : 1;
    if (x->blocked_ns != y->blocked_ns)
        return x->blocked_ns > y->blocked_ns ? -1 : 1;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

static void hand_over_threads(struct source *source)
{
    struct report_process *process = source->process;
    process->threads =
        ARENA_ARRAY(source->build->arena, struct report_thread *, source->thread_count);
    process->thread_count = (unsigned)source->thread_count;
    for (size_t i = 0; i < source->thread_count; i++)
        process->threads[i] = source->thread[i].thread;
    qsort(process->threads, process->thread_count, sizeof(struct report_thread *), thread_order);
}

/* The site of each call that was in progress when the trace ended. */
static void find_current(struct source *source)
{
    for (size_t i = 0; i < source->thread_count; i++) {
        struct source_thread *entry = &source->thread[i];
        const struct report_use *use = source_use(source, entry->record->current.slot);
        if (!entry->thread->current_call)
            continue;
        entry->thread->current_site = use ? use->site : NULL;
        const struct trace_current *current = &entry->record->current;
        const struct trace_slot *slot = reader_record(source->reader, current->slot, RECORD_SLOT);
        struct owner owner = {0};
        if (slot && slot->context)
            owner = owner_find(source, slot->context);
        else if (!current->slot)
            owner = owner_returning_to(source, current->caller);
        entry->thread->current_where = owner.function;
        entry->thread->current_module = owner_shown_module(source, &owner);
        entry->thread->current_file = owner.python ? owner.file : NULL;
        entry->thread->current_line = owner.line;
    }
}

static int most_blocked_off_loops(const void *a, const void *b)
{
    const struct report_site *x = *(struct report_site *const *)a;
    const struct report_site *y = *(struct report_site *const *)b;
    if (x->off_blocked_ns != y->off_blocked_ns)
        return x->off_blocked_ns > y->off_blocked_ns ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void rank_others(struct source *source)
{
    struct report_process *process = source->process;
    process->others = ARENA_ARRAY(source->build->arena, struct report_site *, process->site_count);
    for (unsigned i = 0; i < process->site_count; i++)
        if (process->sites[i]->off_blocked_ns)
            process->others[process->other_count++] = process->sites[i];
    qsort(process->others, process->other_count, sizeof(struct report_site *),
          most_blocked_off_loops);
}

/* ---- aggregate ---- */

static bool wanted(const struct job *job, unsigned index)
{
    const struct report_options *options = job->build.options;
    if (options->all)
        return true;
    return options->pid ? job->sources[index]->process->pid == options->pid : index == 0;
}

#define WORTH_NAMING 100u /* one part in so many of the blocked time */

/* Names are missing because a binary is stripped: that can be helped. */
static void note_stripped(struct source *source)
{
    const struct report_process *process = source->process;
    const char *module = NULL;
    unsigned sites = 0;
    for (unsigned i = 0; i < process->site_count; i++) {
        const struct report_site *site = process->sites[i];
        bool matters = site->blocked_ns > process->blocked_ns / WORTH_NAMING;
        if (!site->unstable || strcmp(site->unstable, SYMBOL_STRIPPED) != 0 || !matters)
            continue;
        module = module ? module : site->shown_module;
        sites++;
    }
    if (sites)
        source_note(
            source,
            arena_print(
                source->build->arena,
                "%u %s an offset for a name, and an id that changes with every build: %s is "
                "stripped. Its debug symbols (Debian: a -dbgsym package) give names and "
                "lines",
                sites, sites == 1 ? "site has" : "sites have", module));
}

/* What of a part cannot be told exactly. */
static void note_part(struct source *source)
{
    const struct baseline_result *result = &source->part.baseline;
    struct arena *arena = source->build->arena;
    if (!source->process->is_part)
        return; /* it began after the mark, in a file that others share */
    if (result->estimated_max)
        source_note(source, "where the longest call was before the mark, max is read from the "
                            "latencies and up to 12.5% too high");
    if (result->too_small)
        source_note(source, arena_print(arena,
                                        "%" PRIu64 " counters were greater at the mark than now: "
                                        "a thread ended just then, and sums are a little off",
                                        result->too_small));
}

static void aggregate(struct source *source)
{
    source->python = python_files_new(source->build->arena);
    loops_begin(source);
    noise_begin(source);
    sites_build(source);
    noise_fill(source);
    loops_fill(source);
    locks_fill(source);
    waits_fill(source);
    settings_fill(source);
    runtimes_fill(source);
    requests_fill(source);
    routes_fill(source);
    rollouts_fill(source);
    rules_hit_fill(source);
    spawns_fill(source);
    rank_others(source);
    find_current(source);
    note_stripped(source);
    unnamed_note(source);
    note_part(source);
    const struct report_options *options = source->build->options;
    if (options->each_source)
        options->each_source(options->context, source);
}

/* A copy: the model outlives the options. */
static void hand_over_wrappers(struct job *job)
{
    struct report *report = job->build.report;
    const struct wrappers *given = job->build.options->wrappers;
    if (!given || given->count == 0)
        return;
    struct wrapper *copy = ARENA_ARRAY(job->build.arena, struct wrapper, given->count);
    for (size_t i = 0; i < given->count; i++) {
        copy[i] = given->items[i];
        copy[i].text = arena_copy(job->build.arena, given->items[i].text);
        copy[i].module = copy[i].function = NULL;
    }
    report->wrappers = copy;
    report->wrapper_count = given->count;
}

static int resolve(struct job *job, struct error *error)
{
    struct source **chosen = ARENA_ARRAY(job->build.arena, struct source *, job->source_count);
    for (unsigned i = 0; i < job->source_count; i++) {
        hand_over_threads(job->sources[i]);
        completeness_fill(job->sources[i]);
        if (wanted(job, i))
            aggregate(job->sources[i]);
    }
    for (unsigned i = 0; i < job->count; i++) { /* the ring is streamed once a file */
        unsigned count = 0;
        for (unsigned j = 0; j < job->traces[i].count; j++)
            if (job->traces[i].sources[j].process->site_count)
                chosen[count++] = &job->traces[i].sources[j];
        if (targets_fill(chosen, count, error) < 0)
            return -1;
    }
    for (unsigned i = 0; i < job->source_count; i++) {
        why_fill(job->sources[i]);
        library_waits_fill(job->sources[i]);
    }
    for (unsigned i = 0; i < job->source_count; i++)
        advise_process(job->build.arena, job->build.options->goal, job->sources[i]->process);
    for (unsigned i = 0; i < job->source_count; i++)
        plan_process(job->build.arena, job->build.options->goal, job->sources[i]->process);
    sites_shorten(job->build.report);
    for (unsigned i = 0; i < job->source_count; i++)
        group_process(job->build.arena, job->sources[i]->process);
    for (unsigned i = 0; i < job->source_count; i++)
        forecast_process(job->build.arena, job->sources[i]->process);
    hand_over_wrappers(job);
    return 0;
}

static int check_pid(const struct job *job, struct error *error)
{
    const struct report_options *options = job->build.options;
    for (unsigned i = 0; options->pid && i < job->source_count; i++)
        if (job->sources[i]->process->pid == options->pid)
            return 0;
    if (!options->pid)
        return 0;
    return error_set(error, "no process %d in %s; leave --pid out to see which there are",
                     options->pid, job->build.report->source);
}

int report_build(struct report *report, const char *const *paths, unsigned path_count,
                 const struct report_options *options, struct error *error)
{
    *report = (struct report){.goal = options->goal};
    struct job job = {.build = {.report = report, .arena = &report->arena, .options = options}};
    job.build.symbolizer = symbolizer_new(&report->arena);
    struct inputs inputs;
    int result = inputs_find(&report->arena, paths, path_count, &inputs, error);
    if (result == 0) {
        report->source = text_clean(&report->arena, path_count ? paths[0] : "");
        result = read_traces(&job, &inputs, error);
    }
    if (result == 0) {
        order_processes(&job);
        result = job.source_count ? check_pid(&job, error)
                                  : error_set(error, "all processes were over before the mark");
    }
    if (result == 0)
        result = resolve(&job, error);
    for (unsigned i = 0; i < job.count; i++)
        reader_close(job.traces[i].reader);
    symbolizer_free(job.build.symbolizer);
    if (result < 0)
        report_free(report);
    return result;
}

void report_free(struct report *report)
{
    arena_release(&report->arena);
    *report = (struct report){0};
}
