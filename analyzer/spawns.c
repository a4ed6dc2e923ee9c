/* SPDX-License-Identifier: MIT
 *
 * See spawns.h. The trace has a point for each chain that started threads in a routine; what reads
 * the same, what they run and who made them, is one. Calls of threads are those of the threads that
 * name the point; of green threads the point itself has the sums.
 */
#include "spawns.h"

#include "owner.h"
#include "python.h"
#include "sites.h"
#include "sums.h"
#include "waits.h"

#include <stdlib.h>

struct gather {
    struct source *source;
    struct map records;  /* record id -> index */
    struct map by_place; /* key of (routine, maker) -> index */
    struct report_spawn **items;
    size_t count, capacity;
};

static struct report_spawn *item_new(struct gather *gather)
{
    struct arena *arena = gather->source->build->arena;
    gather->items =
        arena_grow(arena, gather->items, sizeof *gather->items, gather->count, &gather->capacity);
    return gather->items[gather->count++] = ARENA_NEW(arena, struct report_spawn);
}

static uint64_t key_of(const struct owner *owner)
{
    return owner->function ? sites_id("", owner->module, owner->function) : 0;
}

/* What is run, whether native or Python. */
static struct owner routine_of(const struct source *source, const struct trace_spawn *record)
{
    struct python_frame frame;
    if (record->pyframe && python_frame_read(source, record->pyframe, &frame))
        return (struct owner){.function = frame.name,
                              .module = frame.form,
                              .file = frame.path->file,
                              .line = frame.first_line,
                              .python = true};
    return record->frame ? owner_that_begins(source, record->frame)
                         : (struct owner){.function = NULL};
}

static void describe(const struct source *source, struct report_spawn *spawn,
                     const struct owner *routine, const struct owner *maker)
{
    spawn->function = routine->function;
    spawn->module = routine->module;
    spawn->shown_module = owner_shown_module(source, routine);
    spawn->python = routine->python;
    spawn->file = routine->file;
    spawn->line = routine->line;
    spawn->made_by = maker->function;
    spawn->made_in = owner_shown_module(source, maker);
}

static struct report_spawn *item_of(struct gather *gather, const struct trace_spawn *record)
{
    struct source *source = gather->source;
    struct owner routine = routine_of(source, record), maker = {0};
    if (record->context)
        maker = owner_find(source, record->context);
    uint64_t key = (key_of(&routine) * 31 + key_of(&maker)) * 31 + record->head.aux;
    uint32_t index = map_get(&gather->by_place, key);
    if (index != MAP_NONE && gather->items)
        return gather->items[index];
    map_put(&gather->by_place, key, (uint32_t)gather->count);
    struct report_spawn *spawn = item_new(gather);
    describe(source, spawn, &routine, &maker);
    spawn->green = record->head.aux == SPAWN_GREEN;
    if (spawn->green && !spawn->function)
        spawn->name = "green, no call seen";
    return spawn;
}

/* One that tries, is told EAGAIN and polls in place counted twice: no more wait than live. */
static uint64_t in_flight_of(const struct trace_spawn *record)
{
    return record->in_flight_peak < record->peak ? record->in_flight_peak : record->peak;
}

/* Several chains that are one point may have had their most at different times. */
static void add_record(struct gather *gather, uint32_t id, const struct trace_spawn *record)
{
    if (record->born == 0 && record->alive == 0)
        return; /* none in this part of the run */
    struct report_spawn *spawn = item_of(gather, record);
    spawn->born += record->born;
    spawn->ended += record->ended;
    spawn->alive += record->alive;
    spawn->life_ns += source_ns(gather->source, record->life_ticks);
    spawn->peak_least = record->peak > spawn->peak_least ? record->peak : spawn->peak_least;
    spawn->peak_most += record->peak;
    spawn->at_peak += record->at_peak;
    spawn->killed += record->killed;
    spawn->timed_out += record->timed_out;
    spawn->failed += record->failed;
    spawn->ends_told |= (record->flags & SPAWN_ENDS_TOLD) != 0;
    spawn->hub |= (record->flags & SPAWN_HUB) != 0;
    spawn->at_least |= (record->flags & SPAWN_AT_LEAST) != 0;
    uint64_t in_flight = in_flight_of(record);
    spawn->in_flight = in_flight > spawn->in_flight ? in_flight : spawn->in_flight;
    spawn->sums.blocked += record->blocked;
    spawn->sums.blocked_ns += source_ns(gather->source, record->blocked_ticks);
    for (size_t i = 0; i < gather->count; i++)
        if (gather->items[i] == spawn)
            map_put(&gather->records, id, (uint32_t)i);
}

/* Threads that nobody was seen to start: the first one, those of libc's own, and sums of ended ones
 * that are of no one point. */
static struct report_spawn *rest_of(struct gather *gather, struct report_spawn **rest,
                                    const char *name)
{
    if (!*rest) {
        *rest = item_new(gather);
        (*rest)->name = name;
    }
    return *rest;
}

/* The point of a record; NULL: it has none, or none that is kept. */
static struct report_spawn *point_of(const struct gather *gather, uint32_t record)
{
    uint32_t index = record ? map_get(&gather->records, record) : MAP_NONE;
    return index != MAP_NONE && gather->items ? gather->items[index] : NULL;
}

static void add_threads(struct gather *gather)
{
    struct report_spawn *first = NULL, *unknown = NULL;
    const char *main_name = "the first thread";
    for (size_t i = 0; i < gather->count; i++)
        if (gather->items[i]->green)
            main_name = "first thread, all of it";
    for (size_t i = 0; i < gather->source->thread_count; i++) {
        const struct source_thread *entry = &gather->source->thread[i];
        struct report_thread *thread = entry->thread;
        struct report_spawn *spawn = point_of(gather, entry->record->spawn);
        if (!spawn)
            spawn = thread->is_main ? rest_of(gather, &first, main_name)
                                    : rest_of(gather, &unknown, "started by nobody seen");
        unsigned threads = thread->folded ? thread->folded : 1;
        thread->spawn = spawn;
        spawn->threads += threads;
        if (!spawn->name)
            continue;
        spawn->born += threads;
        spawn->alive += !thread->ended;
        spawn->ended += thread->ended ? threads : 0;
        spawn->life_ns += thread->ended && !thread->folded ? thread->wall_ns : 0;
        spawn->life_unknown |= thread->folded != 0;
        spawn->peak_least = 1;
        spawn->peak_most += threads;
    }
}

static void add_calls(struct gather *gather)
{
    const struct report_process *process = gather->source->process;
    for (unsigned i = 0; i < process->site_count; i++)
        for (const struct report_use *use = process->sites[i]->uses; use; use = use->next) {
            struct report_sums sums = sums_of_use(use);
            if (!use->noise && use->thread->spawn)
                sums_add(&use->thread->spawn->sums, &sums);
        }
}

static void add_pending(struct gather *gather)
{
    struct source *source = gather->source;
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct source_thread *thread = source_thread(source, &cursor);
        const struct trace_pending_wait *wait = (const struct trace_pending_wait *)record;
        if (record->type != RECORD_PENDING_WAIT || !thread || !thread->thread->spawn)
            continue;
        struct report_pending pending = waits_of_record(source, wait, thread->thread);
        struct report_spawn *green = point_of(gather, wait->spawn);
        waits_add(green ? &green->pending : &thread->thread->spawn->pending, &pending);
    }
}

static int most_waiting_first(const void *a, const void *b)
{
    const struct report_spawn *x = *(struct report_spawn *const *)a;
    const struct report_spawn *y = *(struct report_spawn *const *)b;
    const uint64_t left[] = {x->sums.blocked_ns + x->pending.ns, x->born, x->sums.calls};
    const uint64_t right[] = {y->sums.blocked_ns + y->pending.ns, y->born, y->sums.calls};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

void spawns_fill(struct source *source)
{
    struct gather gather = {.source = source};
    gather.records.arena = gather.by_place.arena = source->build->arena;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_spawn *spawn = (const struct trace_spawn *)record;
        if (record->type == RECORD_SPAWN && spawn->pid == source->process->pid)
            add_record(&gather, cursor.id, spawn);
    }
    add_threads(&gather);
    add_calls(&gather);
    add_pending(&gather);
    if (gather.count)
        qsort(gather.items, gather.count, sizeof(struct report_spawn *), most_waiting_first);
    source->process->spawns = gather.items;
    source->process->spawn_count = (unsigned)gather.count;
}
