/* SPDX-License-Identifier: MIT
 *
 * See completeness.h.
 */
#include "completeness.h"

#include "audit_page.h"
#include "format.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define OFF_CPU_LEAST 0.01 /* of the wall time: below, a thread says nothing about completeness */
#define OFF_CPU_SHORT \
    20000000             /* ns: with less in all, start and end of the process outweigh calls */
#define MUCH_SEEN   90.0 /* percent; below, the page says what the rest may be */
#define SURE_ENOUGH 10.0 /* percent between what is surely seen and what seems to be */
#define GAPS_MOST   64u

/* ---- gaps and notes ---- */

static void add_gap(struct source *source, const char *text)
{
    struct report_process *process = source->process;
    if (!process->gaps)
        process->gaps = ARENA_ARRAY(source->build->arena, const char *, GAPS_MOST);
    if (process->gap_count < GAPS_MOST)
        process->gaps[process->gap_count++] = text;
}

static void find_gaps(struct source *source)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_gap *gap = (const struct trace_gap *)record;
        if (record->type != RECORD_GAP || (gap->pid && gap->pid != source->process->pid))
            continue;
        const char *text = reader_string(source->reader, gap->text);
        if (text)
            add_gap(source, text_clean(source->build->arena, text));
    }
    for (unsigned i = 0; source->run && i < source->run->gap_count; i++)
        if (source->run->gaps[i].pid == source->process->pid ||
            (!source->run->gaps[i].pid && source->run->pid == source->process->pid))
            add_gap(source, source->run->gaps[i].text);
}

static void note_threads(struct source *source)
{
    uint64_t uncounted = 0, checked = 0, wrong = 0;
    for (size_t i = 0; i < source->thread_count; i++) {
        uncounted += source->thread[i].thread->uncounted;
        checked += source->thread[i].thread->checked;
        wrong += source->thread[i].thread->wrong;
    }
    if (uncounted)
        add_gap(source, arena_print(source->build->arena,
                                    "%" PRIu64 " calls found no room to be counted", uncounted));
    if (wrong)
        source_note(source, arena_print(source->build->arena,
                                        "%" PRIu64 " of %" PRIu64
                                        " checked call chains were wrong: callers "
                                        "may be mixed up to that extent",
                                        wrong, checked));
}

/* A worker of ours is no thread of the program's. */
static bool is_ours(const struct run_thread *row)
{
    static const char prefix[] = "shunt/";
    return row->name && strncmp(row->name, prefix, sizeof prefix - 1) == 0;
}

/* Threads that were watched from outside and never made a call that we record. */
static void note_silent(struct source *source)
{
    enum { NAMED_MOST = 4 };
    struct arena *arena = source->build->arena;
    struct map known = {.arena = arena};
    const char *names = "";
    unsigned silent = 0;
    for (size_t i = 0; i < source->thread_count; i++)
        map_put(&known, (uint32_t)source->thread[i].thread->tid, 1);
    for (unsigned i = 0; source->run && i < source->run->thread_count; i++) {
        const struct run_thread *row = &source->run->threads[i];
        if (row->pid != source->process->pid || is_ours(row) ||
            map_get(&known, (uint32_t)row->tid) != MAP_NONE)
            continue;
        map_put(&known, (uint32_t)row->tid, 1);
        if (silent++ < NAMED_MOST)
            names = arena_print(arena, "%s%s%s", names, *names ? ", " : "",
                                row->name ? row->name : "unnamed");
    }
    /* ended threads that were summed under one name have no number to be known by */
    if (!silent || map_get(&known, 0) != MAP_NONE)
        return;
    source->process->silent = silent;
    source_note(source,
                arena_print(arena, "%s no recorded call and %s not in that share: %s%s",
                            silent == 1 ? "1 more thread made"
                                        : arena_print(arena, "%u more threads made", silent),
                            silent == 1 ? "is" : "are", names, silent > NAMED_MOST ? ", ..." : ""));
}

/* Kinds of calls that wait and that the library which wrote the trace did not know yet: told by one
 * call of each in the trace's own table. */
static void find_not_recorded(struct source *source)
{
    static const struct {
        const char *call, *kind;
    } kinds[] = {
        {"fread", "stdio"}, {"pthread_mutex_lock", "locks"}, {"pthread_cond_wait", "conditions"}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    bool there[KINDS] = {0};
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));)
        for (int i = 0; i < KINDS && record->type == RECORD_CALL; i++)
            there[i] |= strncmp(((const struct trace_call *)record)->name, kinds[i].call,
                                sizeof((const struct trace_call *)record)->name) == 0;
    const char *text = NULL;
    for (int i = 0; i < KINDS; i++)
        if (!there[i])
            text = text ? arena_print(source->build->arena, "%s, %s", text, kinds[i].kind)
                        : kinds[i].kind;
    source->process->not_recorded = text;
}

/* On a busy machine the share is an upper bound. */
static void note_contention(struct source *source)
{
    const struct report_saw *saw = &source->process->saw;
    struct arena *arena = source->build->arena;
    if (saw->known && saw->percent - saw->surely_percent > SURE_ENOUGH)
        source_note(source,
                    arena_print(arena,
                                "the CPUs were busy: a call's wait for one counts as seen. Surely "
                                "seen is %s of the waiting",
                                format_percent(arena, saw->surely_percent)));
}

/* The audit is of the whole run: its first process tells of it. */
static void note_audit(struct source *source)
{
    struct arena *arena = source->build->arena;
    const struct audit_info *audit = source->build->report->audit;
    if (audit && source->run && source->run->audited && audit->pid == source->process->pid)
        source_note(source, arena_print(arena, "audit: %s (shunt report --audit)",
                                        audit_headline(arena, audit)));
}

/* Facts about what cannot be seen, where they matter; none is claimed to be the cause. */
static void note_rest(struct source *source)
{
    const struct report_process *process = source->process;
    struct arena *arena = source->build->arena;
    if (!process->saw.known || process->saw.percent >= MUCH_SEEN)
        return;
    source_note(source, arena_print(arena,
                                    "the rest of the waiting is in no recorded call. Never "
                                    "recorded: page faults and a process's start%s%s",
                                    process->not_recorded ? "; not yet: " : "",
                                    process->not_recorded ? process->not_recorded : ""));
}

static void note_health(struct source *source)
{
    const struct reader_health *health = reader_health(source->reader);
    struct arena *arena = source->build->arena;
    if (health->damaged)
        source_note(source, arena_print(arena,
                                        "%" PRIu64 " records of the trace are damaged and were "
                                        "left out: sums are too small",
                                        health->damaged));
    if (health->unfinished)
        source_note(source, arena_print(arena,
                                        "%" PRIu64 " records were being written when the trace "
                                        "was read or its writer killed",
                                        health->unfinished));
    if (health->unknown)
        source_note(source, arena_print(arena,
                                        "%" PRIu64 " records are of kinds that this shunt does "
                                        "not know and were left out",
                                        health->unknown));
    if (source->ticks.jumps)
        source_note(source, arena_print(arena,
                                        "the clock jumped %" PRIu64 " times (suspend, migration "
                                        "or a step): times across a jump are not reliable",
                                        source->ticks.jumps));
    if (source->ticks.quality == TICKS_START)
        source_note(source,
                    "times are exact to about 1 %: the trace is too short, or was cut off too "
                    "early, to measure its clock");
    if (source->ticks.quality == TICKS_ASSUMED)
        source_note(source,
                    "the trace does not tell how fast its clock ran: all times are clock ticks "
                    "shown as if they were nanoseconds");
}

/* ---- how much was seen ---- */

static const char ALWAYS_BUSY[] = "it was hardly ever off the CPU";

static struct report_saw unknown(const char *why)
{
    return (struct report_saw){.why = why};
}

static double clamp(double percent)
{
    return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

static struct report_saw thread_saw(const struct source *source, const struct source_thread *entry)
{
    struct run_thread outside;
    const struct report_thread *thread = entry->thread;
    if (!run_info_thread(source->run, thread->pid, thread->tid, entry->record->explained,
                         &outside) ||
        outside.sampled_ns <= outside.started_ns)
        return unknown("the thread was not sampled from outside");
    if (!outside.explained_known)
        return unknown("its counters could not be read at the time it was sampled");
    uint64_t wall = outside.sampled_ns - outside.started_ns;
    uint64_t busy = outside.run_ns + outside.wait_ns;
    if (busy >= wall || (double)(wall - busy) < OFF_CPU_LEAST * (double)wall)
        return unknown(ALWAYS_BUSY);
    double explained =
        (double)source_ns(source, outside.explained_ticks) - (double)outside.stime_ns;
    double percent = 100.0 * explained / (double)(wall - busy);
    /* Waits for a CPU inside calls count as explained, and how many there were is not known. */
    double surely = percent - 100.0 * (double)outside.wait_ns / (double)(wall - busy);
    return (struct report_saw){.known = true,
                               .percent = clamp(percent),
                               .surely_percent = clamp(surely),
                               .off_cpu_ns = wall - busy};
}

/* Nothing to measure, or nobody there to measure it: which? */
static const char *why_unmeasured(const struct source *source, double weight)
{
    bool busy = false;
    for (size_t i = 0; i < source->thread_count; i++)
        busy |= source->thread[i].thread->saw.why == ALWAYS_BUSY;
    if (weight > 0)
        return arena_print(source->build->arena, "it waited for only %s in all",
                           format_duration(source->build->arena, (uint64_t)weight));
    if (source->process->state == REPORT_ALIVE)
        return "it goes on after the run that watched it from outside";
    return busy ? "its threads were on a CPU, or in line for one, nearly all the time"
                : "it was not watched from outside: too short-lived, or it outlived the run";
}

static void weigh_threads(struct source *source)
{
    struct report_process *process = source->process;
    double weighted = 0, surely = 0, weight = 0;
    process->saw_least = unknown("no thread was measured");
    for (size_t i = 0; i < source->thread_count; i++) {
        struct report_thread *thread = source->thread[i].thread;
        thread->saw = thread_saw(source, &source->thread[i]);
        if (!thread->saw.known)
            continue;
        weighted += thread->saw.percent * (double)thread->saw.off_cpu_ns;
        surely += thread->saw.surely_percent * (double)thread->saw.off_cpu_ns;
        weight += (double)thread->saw.off_cpu_ns;
        if (!process->saw_least.known || thread->saw.percent < process->saw_least.percent) {
            process->saw_least = thread->saw;
            process->saw_least_thread = thread;
        }
    }
    if (weight >= OFF_CPU_SHORT) {
        process->saw = (struct report_saw){.known = true,
                                           .percent = weighted / weight,
                                           .surely_percent = surely / weight,
                                           .off_cpu_ns = (uint64_t)weight};
        return;
    }
    process->saw = process->saw_least = unknown(why_unmeasured(source, weight));
    process->saw_least_thread = NULL;
}

static void measure(struct source *source)
{
    struct report_process *process = source->process;
    if (!source->run && process->state == REPORT_ALIVE) {
        process->saw = unknown("the program is still running: it is measured from outside when "
                               "it ends");
    } else if (!source->run) {
        process->saw = unknown("nothing watched the program from outside");
        process->saw_how = "start the program with: shunt run -- COMMAND";
    } else if (source->run->audited) {
        process->saw = unknown("an audit held its threads up at every system call");
        process->saw_how = "run it without --audit; this page's times are too long, too";
    } else if (!source->run->run_queue_known) {
        process->saw = unknown("this kernel does not tell how long threads waited for a CPU");
        process->saw_how = "sysctl kernel.task_delayacct=1, or kernel.sched_schedstats=1, then "
                           "record again";
    } else {
        weigh_threads(source);
        return;
    }
    process->saw_least = process->saw;
    for (size_t i = 0; i < source->thread_count; i++)
        source->thread[i].thread->saw = process->saw;
}

/* ---- what observing cost ---- */

/* Two clock reads a call, and about as much again for guard, lookup and counters: 1.6 times their
 * price, as measured in the program itself at start. */
static void estimate_own_cost(struct source *source)
{
    const struct trace_header *header = reader_header(source->reader);
    struct report_process *process = source->process;
    double a_call = (double)header->tick_cost_x16 / 16 * 2 * 1.6 * source->ticks.ns_per_tick;
    process->own_memory = process->forked ? 0 : reader_committed(source->reader);
    if (!process->cpu_known || process->cpu_ns == 0 || header->tick_cost_x16 == 0)
        return;
    process->own_cost_known = true;
    process->own_cost_percent = 100.0 * (double)process->calls * a_call / (double)process->cpu_ns;
    if (process->own_cost_percent > 100)
        process->own_cost_percent = 100;
}

void completeness_fill(struct source *source)
{
    measure(source);
    find_gaps(source);
    note_threads(source);
    note_silent(source);
    find_not_recorded(source);
    note_contention(source);
    note_audit(source);
    note_rest(source);
    note_health(source);
    estimate_own_cost(source);
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        source->process->lost[i] = reader_header(source->reader)->lost[i];
}
