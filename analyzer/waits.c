/* SPDX-License-Identifier: MIT
 *
 * See waits.h. The trace counts them per thread and chain: what reads as one site is added up.
 */
#include "waits.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

void waits_add(struct report_pending *to, const struct report_pending *from)
{
    to->count += from->count;
    to->ns += from->ns;
    to->max_ns = from->max_ns > to->max_ns ? from->max_ns : to->max_ns;
    to->unfinished += from->unfinished;
    to->unfinished_ns += from->unfinished_ns;
    to->live += from->live;
    to->peak_least = from->peak_least > to->peak_least ? from->peak_least : to->peak_least;
    to->peak_most += from->peak_most;
}

/* A sum of ended threads had the peak of one of them; how many of them waited at a time, it does
 * not tell. */
struct report_pending waits_of_record(const struct source *source,
                                      const struct trace_pending_wait *record,
                                      const struct report_thread *thread)
{
    uint64_t threads = thread->folded ? thread->folded : 1;
    return (struct report_pending){.count = record->count,
                                   .ns = source_ns(source, record->ticks),
                                   .max_ns = source_ns(source, record->max),
                                   .unfinished = record->unfinished,
                                   .unfinished_ns = source_ns(source, record->unfinished_ticks),
                                   .live = record->live,
                                   .peak_least = record->peak,
                                   .peak_most = record->peak * threads};
}

static int by_time(const void *a, const void *b)
{
    const struct report_site *x = *(struct report_site *const *)a;
    const struct report_site *y = *(struct report_site *const *)b;
    const uint64_t left[] = {x->pending.ns, x->pending.count, y->id};
    const uint64_t right[] = {y->pending.ns, y->pending.count, x->id};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

static bool waited(const struct report_pending *pending)
{
    return pending->count || pending->unfinished || pending->live;
}

/* A library that tries first and then polls for itself yields to nobody: its caller blocks. */
static bool polls(const struct report_process *process, const struct report_site *site)
{
    for (unsigned i = 0; i < process->site_count; i++) {
        const struct report_site *other = process->sites[i];
        if (other != site && other->facts && other->facts->blocks == BLOCKS_READY &&
            other->total_ns && other->total_ns >= site->pending.ns / 2 &&
            strcmp(other->module, site->module) == 0 &&
            strcmp(other->function, site->function) == 0)
            return true;
    }
    return false;
}

static enum pending_kind kind_of(const struct report_process *process,
                                 const struct report_site *site)
{
    if (text_starts(site->call, "accept"))
        return PENDING_ACCEPT;
    return polls(process, site) ? PENDING_POLLED : PENDING_YIELDS;
}

/* The process's sums are of what yields. */
static void tell_kinds(struct report_process *process)
{
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        if (!waited(&site->pending))
            continue;
        site->pending_kind = kind_of(process, site);
        if (site->pending_kind == PENDING_YIELDS)
            continue;
        process->pending.count -= site->pending.count;
        process->pending.ns -= site->pending.ns;
        process->pending.unfinished -= site->pending.unfinished;
        process->pending.unfinished_ns -= site->pending.unfinished_ns;
        process->pending.live -= site->pending.live;
    }
}

static void rank(struct source *source)
{
    struct report_process *process = source->process;
    process->waiting = ARENA_ARRAY(source->build->arena, struct report_site *, process->site_count);
    for (unsigned i = 0; i < process->site_count; i++)
        if (waited(&process->sites[i]->pending) &&
            process->sites[i]->pending_kind == PENDING_YIELDS)
            process->waiting[process->waiting_count++] = process->sites[i];
    if (process->waiting_count)
        qsort(process->waiting, process->waiting_count, sizeof(struct report_site *), by_time);
}

/* All records of a thread lie below the most that it had at a time. */
static uint64_t most_at_a_time(const struct source *source)
{
    uint64_t most = 0;
    for (size_t i = 0; i < source->thread_count; i++) {
        const struct source_thread *thread = &source->thread[i];
        uint64_t threads = thread->thread->folded ? thread->thread->folded : 1;
        most += thread->record->pending_peak * threads;
    }
    return most;
}

static void bound(struct report_pending *pending, uint64_t most)
{
    if (pending->peak_most > most)
        pending->peak_most = most;
    if (pending->peak_most < pending->peak_least)
        pending->peak_most = pending->peak_least;
}

void waits_fill(struct source *source)
{
    struct report_process *process = source->process;
    struct reader_cursor cursor = {.only_pid = process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct source_thread *thread = source_thread(source, &cursor);
        if (record->type != RECORD_PENDING_WAIT || !thread)
            continue;
        const struct trace_pending_wait *wait = (const struct trace_pending_wait *)record;
        uint32_t use = map_get(&source->chains, source_chain(wait->call, wait->context));
        struct report_pending pending = waits_of_record(source, wait, thread->thread);
        if (use != MAP_NONE)
            waits_add(&source->use[use]->site->pending, &pending);
        waits_add(&process->pending, &pending);
    }
    uint64_t most = most_at_a_time(source);
    for (size_t i = 0; i < source->thread_count; i++)
        if (source->thread[i].record->pending_peak > process->pending.peak_least)
            process->pending.peak_least = source->thread[i].record->pending_peak;
    bound(&process->pending, most);
    for (unsigned i = 0; i < process->site_count; i++)
        bound(&process->sites[i]->pending, most);
    tell_kinds(process);
    rank(source);
}
