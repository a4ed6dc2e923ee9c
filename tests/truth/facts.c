/* SPDX-License-Identifier: MIT
 *
 * Gathers facts from traces. Names of calls and modules are resolved per file, since ids belong to
 * the file that embeds them.
 */
#include "facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gathering {
    struct facts *facts;
    char call[1024][48];
    struct module_name {
        uint16_t id;
        uint16_t flags;
        char name[32];
    } module[1024];
    unsigned modules;
    struct segment_spawn {
        int32_t pid, tid;
        uint64_t start;
        uint32_t spawn;
    } segment[4096]; /* of threads that name a spawn point */
    unsigned segments;
    uint32_t spawn[64];  /* record ids of facts->spawn */
    uint32_t loop[1024]; /* wait points that thread records name */
    unsigned loops;
    double ms_per_tick;
};

static const struct module_name *module_of(const struct gathering *g, uint16_t id)
{
    for (unsigned i = 0; i < g->modules; i++)
        if (g->module[i].id == id)
            return &g->module[i];
    return NULL;
}

/* A function of the program that it told of, or the name of the library; libc has none. */
static const char *name_of(const struct gathering *g, uint64_t frame)
{
    uint64_t offset = TRACE_FRAME_OFFSET(frame) - 1;
    const struct module_name *module = module_of(g, TRACE_FRAME_MODULE(frame));
    if (!module || module->flags & (MODULE_LIBC | MODULE_SHUNT))
        return NULL;
    if (!(module->flags & MODULE_MAIN))
        return module->name;
    for (unsigned i = 0; i < g->facts->functions; i++) {
        const struct function *function = &g->facts->function[i];
        if (offset >= function->start && offset < function->end)
            return function->name;
    }
    return NULL;
}

static void name_chain(const struct gathering *g, const struct trace *trace, uint32_t id,
                       char *text)
{
    const struct trace_context *context = trace_at(trace, id, RECORD_CONTEXT);
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; context && i < context->frames; i++) {
        const char *name = name_of(g, context->frame[i]);
        if (name && length < CHAIN_TEXT)
            length += (size_t)snprintf(text + length, CHAIN_TEXT - length, "%s%s",
                                       length ? "<" : "", name);
    }
}

static void learn_module(struct gathering *g, const struct trace *trace,
                         const struct trace_module *module)
{
    struct facts *facts = g->facts;
    const char *path = trace_text(trace, module->path);
    const char *slash = strrchr(path, '/');
    if (facts->modules == 1024 || g->modules == 1024)
        return;
    struct module_name *named = &g->module[g->modules++];
    named->id = module->id;
    named->flags = (uint16_t)module->flags;
    snprintf(named->name, sizeof named->name, "%s", slash ? slash + 1 : path);
    snprintf(facts->module[facts->modules], sizeof facts->module[0], "%s", path);
    facts->unloaded[facts->modules++] = module->unloaded != 0;
}

static void learn_names(const struct trace *trace, const struct trace_chunk *chunk,
                        const struct trace_record *record, void *arg)
{
    (void)chunk;
    struct gathering *g = arg;
    const struct trace_call *call = (const void *)record;
    const struct trace_process *process = (const void *)record;
    const struct trace_thread *thread = (const void *)record;
    if (record->type == RECORD_THREAD && thread->loop && g->loops < 1024)
        g->loop[g->loops++] = thread->loop;
    if (record->type == RECORD_CALL && call->id < 1024)
        snprintf(g->call[call->id], sizeof g->call[0], "%.47s", call->name);
    if (record->type == RECORD_MODULE)
        learn_module(g, trace, (const void *)record);
    if (record->type == RECORD_PROCESS && process->forked && g->facts->children < 512)
        g->facts->child[g->facts->children++] = process->pid;
    g->facts->gaps += record->type == RECORD_GAP;
}

static void gather_slot(struct gathering *g, const struct trace *trace,
                        const struct trace_chunk *chunk, const struct trace_slot *slot)
{
    struct facts *facts = g->facts;
    if ((facts->slots & (facts->slots + 1)) == 0) {
        size_t room = 2 * ((size_t)facts->slots + 1);
        facts->slot = realloc(facts->slot, room * sizeof *facts->slot);
        if (!facts->slot)
            abort();
    }
    struct slot_fact *fact = &facts->slot[facts->slots++];
    *fact = (struct slot_fact){.pid = chunk->pid,
                               .count = slot->count,
                               .errors = slot->errors,
                               .again = slot->again,
                               .interrupted = slot->interrupted,
                               .timed = slot->histogram && slot->context};
    snprintf(fact->call, sizeof fact->call, "%s", g->call[slot->call % 1024]);
    name_chain(g, trace, slot->context, fact->chain);
}

static void gather_histogram(struct gathering *g, const struct trace_histogram *histogram)
{
    struct facts *facts = g->facts;
    const char *call = g->call[histogram->call % 1024];
    unsigned i = 0;
    if (histogram->frame == 0)
        return; /* a loop's stalls */
    while (i < facts->timeds && strcmp(facts->timed[i].call, call) != 0)
        i++;
    if (i == 256)
        return;
    if (i == facts->timeds)
        snprintf(facts->timed[facts->timeds++].call, sizeof facts->timed[0].call, "%s", call);
    for (unsigned bucket = 0; bucket < TRACE_BUCKETS; bucket++)
        facts->timed[i].count += histogram->bucket[bucket];
}

static int named_by_a_thread(const struct gathering *g, uint64_t wait)
{
    for (unsigned i = 0; i < g->loops; i++)
        if (g->loop[i] == wait)
            return 1;
    return 0;
}

static void gather_wait(struct gathering *g, const struct trace *trace,
                        const struct trace_wait_point *wait)
{
    struct facts *facts = g->facts;
    if (facts->waits == 256)
        return;
    struct wait_fact *fact = &facts->wait[facts->waits++];
    uint64_t id = (uint64_t)((const uint8_t *)wait - trace->data) / TRACE_CELL;
    *fact = (struct wait_fact){.visits = wait->visits,
                               .turns = wait->turns,
                               .stalls = wait->stalls,
                               .chosen = (wait->flags & WAIT_CHOSEN) != 0,
                               .named_by_thread = named_by_a_thread(g, id)};
    snprintf(fact->call, sizeof fact->call, "%s", g->call[wait->call % 1024]);
    name_chain(g, trace, wait->context, fact->chain);
}

static void gather_lock(struct gathering *g, const struct trace_lock *lock)
{
    struct facts *facts = g->facts;
    if (facts->lock_facts == 1024)
        return;
    struct lock_fact *fact = &facts->lock[facts->lock_facts++];
    const char *taken = name_of(g, lock->frame);
    *fact = (struct lock_fact){.kind = (int)lock->head.aux,
                               .count = lock->count,
                               .ms = (double)lock->ticks * g->ms_per_tick};
    snprintf(fact->call, sizeof fact->call, "%s", g->call[lock->call % 1024]);
    snprintf(fact->taken, sizeof fact->taken, "%s", taken ? taken : "?");
    snprintf(fact->holder, sizeof fact->holder, "%s",
             lock->holder == HOLDER_IN_CALL   ? g->call[lock->holder_call % 1024]
             : lock->holder == HOLDER_OUTSIDE ? "-"
                                              : "?");
}

static void learn_spawn(struct gathering *g, const struct trace *trace,
                        const struct trace_spawn *spawn)
{
    struct facts *facts = g->facts;
    if (facts->spawns == 64)
        return;
    struct spawn_fact *fact = &facts->spawn[facts->spawns];
    const char *start = name_of(g, spawn->frame);
    g->spawn[facts->spawns++] = (uint32_t)(((const uint8_t *)spawn - trace->data) / TRACE_CELL);
    *fact = (struct spawn_fact){.born = spawn->born,
                                .ended = spawn->ended,
                                .alive = spawn->alive,
                                .peak = spawn->peak,
                                .ms = (double)spawn->life_ticks * g->ms_per_tick};
    snprintf(fact->start, sizeof fact->start, "%s", start ? start : "?");
    name_chain(g, trace, spawn->context, fact->chain);
}

static void learn_thread(struct gathering *g, const struct trace_chunk *chunk,
                         const struct trace_thread *thread)
{
    if (thread->spawn && g->segments < 4096)
        g->segment[g->segments++] =
            (struct segment_spawn){chunk->pid, chunk->tid, chunk->start, thread->spawn};
}

static void count_spawned(struct gathering *g, const struct trace_chunk *chunk,
                          const struct trace_slot *slot)
{
    uint32_t spawn = 0;
    for (unsigned i = 0; i < g->segments; i++) {
        const struct segment_spawn *s = &g->segment[i];
        if (s->pid == chunk->pid && s->tid == chunk->tid && s->start == chunk->start)
            spawn = s->spawn;
    }
    for (unsigned i = 0; spawn && i < g->facts->spawns; i++)
        if (g->spawn[i] == spawn)
            g->facts->spawn[i].calls += slot->count;
}

static void gather_pending(struct gathering *g, const struct trace_pending_wait *wait)
{
    struct facts *facts = g->facts;
    if (facts->pendings == 1024)
        return;
    struct pending_fact *fact = &facts->pending[facts->pendings++];
    *fact = (struct pending_fact){.done = wait->count,
                                  .unfinished = wait->unfinished,
                                  .live = wait->live,
                                  .peak = wait->peak,
                                  .ms = (double)wait->ticks * g->ms_per_tick};
    snprintf(fact->call, sizeof fact->call, "%s", g->call[wait->call % 1024]);
}

static void gather_thread(struct gathering *g, const struct trace_thread *thread)
{
    struct facts *facts = g->facts;
    facts->explained_ms += (double)thread->explained * g->ms_per_tick;
    facts->nested_ms += (double)thread->nested * g->ms_per_tick;
    facts->locks += thread->locks / TRACE_LOCKS_ONE;
    facts->wrong += thread->wrong;
    facts->checked += thread->checked;
    facts->learned += thread->learned;
    facts->uncounted += thread->uncounted;
    /* The main thread goes on making calls after our destructor noted its end. */
    if (thread->tid && thread->tid != thread->pid && thread->end > thread->start &&
        thread->explained > thread->end - thread->start)
        facts->overexplained++;
    if (thread->current.frame && facts->in_calls < 256)
        snprintf(facts->in_call[facts->in_calls++], sizeof facts->in_call[0], "%s",
                 g->call[thread->current.call % 1024]);
}

/* What needs the names of modules, and is needed by the rest. */
static void learn_spawns(const struct trace *trace, const struct trace_chunk *chunk,
                         const struct trace_record *record, void *arg)
{
    if (record->type == RECORD_SPAWN)
        learn_spawn(arg, trace, (const void *)record);
    if (record->type == RECORD_THREAD)
        learn_thread(arg, chunk, (const void *)record);
}

static void gather(const struct trace *trace, const struct trace_chunk *chunk,
                   const struct trace_record *record, void *arg)
{
    struct gathering *g = arg;
    const struct trace_thread *thread = (const void *)record;
    if (record->type == RECORD_SLOT) {
        gather_slot(g, trace, chunk, (const void *)record);
        count_spawned(g, chunk, (const void *)record);
    }
    if (record->type == RECORD_HISTOGRAM)
        gather_histogram(g, (const void *)record);
    if (record->type == RECORD_WAIT_POINT)
        gather_wait(g, trace, (const void *)record);
    if (record->type == RECORD_LOCK)
        gather_lock(g, (const void *)record);
    if (record->type == RECORD_PENDING_WAIT)
        gather_pending(g, (const void *)record);
    if (record->type != RECORD_THREAD)
        return;
    gather_thread(g, thread);
}

static void gather_event(const struct trace *trace, const struct trace_event *event, void *arg)
{
    struct gathering *g = arg;
    struct facts *facts = g->facts;
    if (facts->events == 4096)
        return;
    struct event_fact *fact = &facts->event[facts->events++];
    *fact = (struct event_fact){.result = event->result,
                                .error = event->error,
                                .ms = (double)event->ticks * g->ms_per_tick};
    snprintf(fact->call, sizeof fact->call, "%s", g->call[event->call % 1024]);
    snprintf(fact->target, sizeof fact->target, "%s", trace_text(trace, event->target));
}

/* A short run may hold one clock triple only; the threshold is known in ticks and in nanoseconds.
 */
static double ms_per_tick(const struct trace_header *header)
{
    if (header->threshold == 0)
        return 0;
    return (double)header->threshold_ns / (double)header->threshold / 1e6;
}

int facts_add(struct facts *facts, const char *path)
{
    static struct gathering g;
    struct trace trace;
    if (trace_load(&trace, path) < 0)
        return -1;
    g = (struct gathering){.facts = facts, .ms_per_tick = ms_per_tick(trace.header)};
    int result = trace_each(&trace, learn_names, &g);
    if (result == 0)
        result = trace_each(&trace, learn_spawns, &g);
    if (result == 0)
        result = trace_each(&trace, gather, &g);
    if (result == 0)
        trace_each_event(&trace, gather_event, &g);
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        facts->lost[i] += trace.header->lost[i];
    facts->locks += trace.header->locks_aside;
    facts->traces++;
    facts->finished += trace.header->state == TRACE_STATE_FINISHED;
    trace_unload(&trace);
    return result;
}
