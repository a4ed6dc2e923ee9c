/* SPDX-License-Identifier: MIT
 *
 * See processes.h.
 */
#include "processes.h"

#include "alive.h"
#include "clients.h"
#include "socket_waits.h"
#include "text.h"

#include <string.h>
#include <time.h>

#define TURNS_LEAST 2 /* a wait that came back less often is no loop yet */

uint64_t source_ns(const struct source *source, uint64_t ticks)
{
    return ticks_ns(&source->ticks, ticks);
}

uint64_t source_since(const struct source *source, uint64_t when)
{
    return when > source->begin ? source_ns(source, when - source->begin) : 0;
}

/* A segment's owner in one number; owners that collide would share a thread, which start rules out.
 */
static uint64_t segment_key(int32_t pid, int32_t tid, uint64_t start)
{
    return ((uint64_t)(uint32_t)tid << 32 | (uint32_t)pid) ^ start * 0x9e3779b97f4a7c15ull;
}

struct source_thread *source_thread(const struct source *source, const struct reader_cursor *cursor)
{
    if (!cursor->thread_chunk || cursor->pid != source->process->pid)
        return NULL;
    uint32_t index =
        map_get(&source->threads, segment_key(cursor->pid, cursor->tid, cursor->start));
    return index == MAP_NONE ? NULL : &source->thread[index];
}

void source_note(struct source *source, const char *text)
{
    enum { NOTES_MOST = 32 };
    struct report_process *process = source->process;
    if (!process->notes)
        process->notes = ARENA_ARRAY(source->build->arena, const char *, NOTES_MOST);
    if (process->note_count < NOTES_MOST)
        process->notes[process->note_count++] = text;
}

struct report_use *source_use(const struct source *source, uint32_t slot)
{
    uint32_t index = map_get(&source->slots, slot);
    return index == MAP_NONE ? NULL : source->use[index];
}

bool source_idle(const struct source_thread *thread, const struct trace_slot *slot)
{
    if (!thread->wait || !(slot->flags & SLOT_LOOP_WAIT))
        return false;
    if (thread->wait->flags & WAIT_HUB ? !(slot->flags & SLOT_HUB_WAIT)
                                       : slot->call != thread->wait->call)
        return false;
    /* the idle wait lies between turns: what was charged with stalls waited inside a turn, through
     * a chain that was cut before it differed */
    return slot->stall_ticks <= slot->ticks / 2;
}

/* ---- processes ---- */

static void source_begin(struct build *build, const struct source *like, struct source *source,
                         int pid)
{
    struct report_process *process = ARENA_NEW(build->arena, struct report_process);
    const struct reader *reader = like->reader;
    *source = *like;
    source->build = build;
    source->process = process;
    source->ticks = ticks_of(reader);
    source->threads.arena = build->arena;
    source->slots.arena = source->chains.arena = build->arena;
    source->begin = reader_header(reader)->first_clock.ticks;
    process->pid = pid;
    process->name = "unknown program";
    process->state = REPORT_OPEN;
    if (pid == 0) { /* see trace_thread.tid */
        process->name = "ended children";
        process->forked = true;
        process->state = REPORT_ENDED;
        process->ppid = reader_header(reader)->pid;
    }
    process->trace_path = text_clean(build->arena, reader_path(reader));
    process->threshold_ns = reader_header(reader)->threshold_ns;
    process->clock_quality = source->ticks.quality;
    process->ns_per_tick = source->ticks.ns_per_tick;
    process->clock_jumps = source->ticks.jumps;
    if (reader_header(reader)->state == TRACE_STATE_SETUP)
        process->setup_trouble = "the library did not get to the end of its own start, so nothing, "
                                 "or not all, was observed";
}

/* What a person calls the program: the name it was started by, unless that is hidden in a changed
 * command line; one binary may have several names (redis-server is a link to redis-check-rdb). */
static const char *program_name(struct arena *arena, const struct report_process *process)
{
    const char *exe = process->exe && *process->exe ? text_basename(process->exe) : NULL;
    const char *line = process->command_line;
    size_t length = line ? strcspn(line, " :") : 0;
    if (length == 0)
        return exe ? exe : "unknown program";
    const char *name = text_basename(arena_print(arena, "%.*s", (int)length, line));
    return *name == '-' ? name + 1 : name; /* a login shell */
}

static void describe(struct source *source, const struct trace_process *record)
{
    struct arena *arena = source->build->arena;
    struct report_process *process = source->process;
    const struct trace_header *header = reader_header(source->reader);
    process->ppid = record->ppid;
    source->kernel_start = record->start;
    process->forked = record->forked == 1;
    process->exe = text_clean(arena, reader_string(source->reader, record->exe));
    process->command_line = text_clean(arena, reader_string(source->reader, record->command_line));
    process->name = program_name(arena, process);
    if (process->forked && record->seen)
        source->begin = record->seen;
    source->end = record->ended;
    if (!source->end && !process->forked && record->pid == header->pid)
        source->end = header->end_ticks;
    if (source->end)
        process->state = REPORT_ENDED;
}

struct finder {
    struct build *build;
    const struct source *like;
    struct source *sources;
    size_t count, capacity;
    struct map by_pid;
};

static struct source *source_of(struct finder *finder, int32_t pid)
{
    uint32_t index = map_get(&finder->by_pid, (uint32_t)pid);
    if (index == MAP_NONE) {
        finder->sources = arena_grow(finder->build->arena, finder->sources, sizeof(struct source),
                                     finder->count, &finder->capacity);
        index = (uint32_t)finder->count++;
        map_put(&finder->by_pid, (uint32_t)pid, index);
        source_begin(finder->build, finder->like, &finder->sources[index], pid);
    }
    return &finder->sources[index];
}

/* ---- threads ---- */

static bool waits_for_server(const struct source *source, const struct trace_wait_point *wait)
{
    const struct trace_context *context =
        reader_record(source->reader, wait->context, RECORD_CONTEXT);
    if (!context || context->frames == 0)
        return false;
    const struct trace_module *module =
        reader_module(source->reader, TRACE_FRAME_MODULE(context->frame[0]));
    return module && clients_has(reader_string(source->reader, module->path));
}

/* Did it end, or were all threads that it sums counted, before the part that is looked at? */
static bool is_over(const struct source *source, const struct reader_cursor *cursor,
                    const struct trace_thread *record)
{
    if (!source->part.begin)
        return false;
    return cursor->tid ? record->end && record->end < source->part.begin : record->folded == 0;
}

static void add_thread(struct source *source, const struct reader_cursor *cursor,
                       const struct trace_thread *record)
{
    if (is_over(source, cursor, record))
        return;
    struct arena *arena = source->build->arena;
    struct report_thread *thread = ARENA_NEW(arena, struct report_thread);
    thread->pid = cursor->pid;
    thread->tid = cursor->tid;
    thread->is_main = cursor->tid == cursor->pid;
    thread->name = record->name[0] ? text_clean(arena, record->name) : "unnamed";
    thread->folded = record->folded;
    thread->ended = record->end != 0 || cursor->tid == 0;
    source->thread = arena_grow(arena, source->thread, sizeof *source->thread, source->thread_count,
                                &source->thread_capacity);
    map_put(&source->threads, segment_key(cursor->pid, cursor->tid, cursor->start),
            (uint32_t)source->thread_count);
    const struct trace_wait_point *wait =
        reader_record(source->reader, record->loop, RECORD_WAIT_POINT);
    bool recurs = wait && (wait->turns >= TURNS_LEAST || wait->flags & BASELINE_WAS_LOOP);
    if (!recurs || waits_for_server(source, wait))
        wait = NULL;
    source->thread[source->thread_count++] =
        (struct source_thread){.thread = thread, .record = record, .wait = wait};
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The latest instant the process is known to have reached. */
static uint64_t latest(const struct source *source)
{
    uint64_t end = source->process->forked ? 0 : source->ticks.last;
    for (size_t i = 0; i < source->thread_count; i++) {
        const struct trace_thread *record = source->thread[i].record;
        end = later(end, later(record->end, later(record->cpu_when, record->current.start)));
    }
    return end;
}

/* No regular end was recorded: is it still there, on this machine? */
static void find_alive(struct source *source)
{
    struct report_process *process = source->process;
    struct timespec now;
    switch (alive_ask(&source->ticks.origin, process->pid, source->kernel_start, process->exe)) {
    case ALIVE_YES:
        clock_gettime(CLOCK_MONOTONIC, &now);
        process->state = REPORT_ALIVE;
        source->end =
            ticks_at(&source->ticks, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
        break;
    case ALIVE_NO:
        process->state = REPORT_KILLED;
        break;
    default:
        break;
    }
}

/* The part of the process that lies in the window. */
static void find_part(struct source *source)
{
    struct report_process *process = source->process;
    process->lived_ns = source_ns(source, source->end - source->begin);
    if (source->begin < source->part.begin)
        source->begin = source->part.begin;
    if (source->end < source->begin)
        source->end = source->begin;
    process->is_part = source->begin == source->part.begin || source->part.end;
    process->wall_ns = source_ns(source, source->end - source->begin);
    process->started_realtime_ns = ticks_realtime(&source->ticks, source->begin);
}

static void find_end(struct source *source, bool replaced)
{
    const struct run_info *run = replaced ? NULL : source->run;
    if (!source->end && source->part.end)
        source->end = source->part.end; /* what came of it later is not looked at */
    if (!source->end && run && run->pid == source->process->pid && run->ended_ns) {
        source->end = ticks_at(&source->ticks, run->ended_ns);
        source->process->state = REPORT_KILLED;
        source->process->signal = run->signal;
    }
    if (!source->end && !replaced)
        find_alive(source);
    source->process->end_known = source->end != 0;
    if (!source->end)
        source->end = latest(source);
    if (source->end < source->begin)
        source->end = source->begin;
    if (replaced)
        source->process->state = REPORT_REPLACED;
    find_part(source);
}

/* The call in progress. Its own call id counts only while its slot is not known. */
static void fill_current(struct source *source, struct source_thread *entry)
{
    struct report_thread *thread = entry->thread;
    const struct trace_current *current = &entry->record->current;
    const struct trace_slot *slot = reader_record(source->reader, current->slot, RECORD_SLOT);
    uint32_t id = slot ? slot->call : current->call;
    if (current->frame == 0 || entry->record->end || id > UINT16_MAX)
        return;
    const struct trace_call *call = reader_call(source->reader, (uint16_t)id);
    thread->current_call = call ? text_clean(source->build->arena, call->name) : "unknown call";
    thread->current_idle = slot && source_idle(entry, slot);
    if (source->end > current->start && current->start)
        thread->current_ns = source_ns(source, source->end - current->start);
}

static void fill_thread(struct source *source, struct source_thread *entry)
{
    struct report_thread *thread = entry->thread;
    const struct trace_thread *record = entry->record;
    uint64_t end = record->end ? record->end : source->end;
    thread->start_ns = source_since(source, record->start);
    thread->wall_ns = end > record->start ? source_ns(source, end - record->start) : 0;
    thread->cpu_ns = record->cpu;
    thread->cpu_known = record->cpu_when != 0;
    thread->explained_ns = source_ns(source, record->explained);
    thread->nested_ns = source_ns(source, record->nested);
    thread->uncounted = record->uncounted;
    thread->checked = record->checked;
    thread->wrong = record->wrong;
    struct run_thread outside;
    if (run_info_thread(source->run, thread->pid, thread->tid, record->explained, &outside) &&
        outside.run_ns >= thread->cpu_ns) {
        thread->cpu_ns = outside.run_ns;
        thread->cpu_known = true;
    }
    source->process->cpu_ns += thread->cpu_ns;
    source->process->cpu_known |= thread->cpu_known;
    if (source->process->state != REPORT_ENDED && source->process->state != REPORT_REPLACED)
        fill_current(source, entry);
}

/* Sums over slots: enough to rank processes without resolving a single name. */
static void sum_slots(struct source *source)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        struct source_thread *thread = source_thread(source, &cursor);
        if (record->type != RECORD_SLOT || !thread)
            continue;
        const struct trace_slot *slot = (const struct trace_slot *)record;
        source->process->calls += slot->count;
        if (source_idle(thread, slot))
            continue;
        thread->thread->calls += slot->count;
        thread->thread->blocked += slot->blocked;
        thread->thread->blocked_ns += source_ns(source, slot->blocked_ticks);
        source->process->blocked += slot->blocked;
        source->process->blocked_ns += source_ns(source, slot->blocked_ticks);
    }
    for (size_t i = 0; i < source->thread_count; i++)
        if (source->thread[i].wait)
            source->process->stall_ns += source_ns(source, source->thread[i].wait->stall_ticks);
}

/* What was taken for a loop while the program ran. */
static void drop_socket_waits(struct source *source)
{
    socket_waits_find(source);
    for (size_t i = 0; i < source->thread_count; i++) {
        const struct trace_wait_point *wait = source->thread[i].wait;
        if (wait && !(wait->flags & WAIT_HUB) &&
            socket_waits_has(source, wait->call, wait->context))
            source->thread[i].wait = NULL;
    }
}

void processes_measure(struct source *source, bool replaced)
{
    find_end(source, replaced);
    drop_socket_waits(source);
    for (size_t i = 0; i < source->thread_count; i++)
        fill_thread(source, &source->thread[i]);
    sum_slots(source);
}

unsigned processes_find(struct build *build, const struct source *like, struct source **sources)
{
    const struct reader *reader = like->reader;
    struct finder finder = {.build = build, .like = like};
    finder.by_pid.arena = build->arena;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        if (record->type == RECORD_PROCESS) {
            const struct trace_process *process = (const struct trace_process *)record;
            describe(source_of(&finder, process->pid), process);
        } else if (record->type == RECORD_THREAD) {
            add_thread(source_of(&finder, cursor.pid), &cursor,
                       (const struct trace_thread *)record);
        }
    }
    if (finder.count == 0)
        source_of(&finder, reader_header(reader)->pid);
    *sources = finder.sources;
    return (unsigned)finder.count;
}
