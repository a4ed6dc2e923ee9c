/* SPDX-License-Identifier: MIT
 *
 * Prints what a trace holds, one fact a line, for a person who looks into a failed test:
 * totals per call, each slot with its chain as module+offset and, after tabs, its Python frames,
 * wait points, events, modules, losses.
 */
#include <stdio.h>
#include <string.h>

#include "trace_walk.h"

static const char *const loss_names[] = {"chunks",  "contexts", "calls", "events",
                                         "strings", "threads",  "turns"};

struct names {
    char call[1024][48];
};

static void learn_name(const struct trace *trace, const struct trace_chunk *chunk,
                       const struct trace_record *record, void *arg)
{
    (void)trace;
    (void)chunk;
    struct names *names = arg;
    const struct trace_call *call = (const void *)record;
    if (record->type == RECORD_CALL && call->id < 1024)
        memcpy(names->call[call->id], call->name, sizeof call->name);
}

static void print_chain(const struct trace *trace, uint32_t id)
{
    const struct trace_context *context = trace_at(trace, id, RECORD_CONTEXT);
    if (!context) {
        printf(" (no chain)");
        return;
    }
    for (unsigned i = 0; i < context->frames; i++)
        printf(" %u+0x%llx", TRACE_FRAME_MODULE(context->frame[i]),
               (unsigned long long)TRACE_FRAME_OFFSET(context->frame[i]));
    if (context->flags)
        printf(" cut=%u", context->flags);
}

/* Innermost first: FILE:LINE:NAME, and in brackets c: called from C, cut: not followed further. */
static void print_python(const struct trace *trace, uint32_t context_id)
{
    const struct trace_context *context = trace_at(trace, context_id, RECORD_CONTEXT);
    for (uint32_t id = context ? context->pyframe : 0; id;) {
        const struct trace_python_frame *f = trace_at(trace, id, RECORD_PYFRAME);
        if (!f) {
            printf("\t(broken)");
            return;
        }
        printf("\t%s:%u:%s%s%s", trace_text(trace, f->file), f->line, trace_text(trace, f->name),
               f->flags & PYTHON_FROM_C ? "[c]" : "", f->flags & PYTHON_CUT ? "[cut]" : "");
        id = f->outer;
    }
}

static void print_slot(const struct trace *trace, const struct trace_chunk *chunk,
                       const struct trace_slot *slot, const struct names *names)
{
    printf("slot %d/%d %s count=%llu ticks=%llu blocked=%llu again=%u eintr=%u errors=%u flags=%u",
           chunk->pid, chunk->tid, names->call[slot->call % 1024], (unsigned long long)slot->count,
           (unsigned long long)slot->ticks, (unsigned long long)slot->blocked, slot->again,
           slot->interrupted, slot->errors, slot->flags);
    printf(" target=%s chain", trace_text(trace, slot->target));
    print_chain(trace, slot->context);
    print_python(trace, slot->context);
    printf("\n");
}

static void print_wait(const struct trace *trace, const struct trace_chunk *chunk,
                       const struct trace_wait_point *wait, const struct names *names)
{
    printf("wait %d/%d %s fd=%d visits=%llu turns=%llu stalls=%llu%s chain", chunk->pid, chunk->tid,
           names->call[wait->call % 1024], wait->fd, (unsigned long long)wait->visits,
           (unsigned long long)wait->turns, (unsigned long long)wait->stalls,
           wait->flags & WAIT_CHOSEN ? " LOOP" : "");
    print_chain(trace, wait->context);
    printf("\n");
}

/* Reasons by number, see enum trace_reason. */
static void print_routed(const struct trace_chunk *chunk, const struct trace_routed *routed,
                         const struct names *names)
{
    printf(
        "routed %d/%d %s pool=%u moved=%llu ticks=%llu handoff=%llu run=%llu aborted=%llu in_place",
        chunk->pid, chunk->tid, names->call[routed->call % 1024], routed->pool,
        (unsigned long long)routed->moved, (unsigned long long)routed->ticks,
        (unsigned long long)routed->handoff_ticks, (unsigned long long)routed->run_ticks,
        (unsigned long long)routed->aborted);
    for (unsigned i = 0; i < REASON_COUNT; i++)
        if (routed->in_place[i])
            printf(" %u:%u", i, routed->in_place[i]);
    printf("\n");
    uint64_t parked = routed->green[GREEN_READY] + routed->green[GREEN_TIMER] +
                      routed->green[GREEN_POOL] + routed->green[GREEN_LOCK];
    if (parked)
        printf("green %s ready=%llu timer=%llu pool=%llu lock=%llu parked=%llu\n",
               names->call[routed->call % 1024], (unsigned long long)routed->green[GREEN_READY],
               (unsigned long long)routed->green[GREEN_TIMER],
               (unsigned long long)routed->green[GREEN_POOL],
               (unsigned long long)routed->green[GREEN_LOCK],
               (unsigned long long)routed->parked_ticks);
}

static void print_record(const struct trace *trace, const struct trace_chunk *chunk,
                         const struct trace_record *record, void *arg)
{
    const struct trace_module *module = (const void *)record;
    const struct trace_process *process = (const void *)record;
    const struct trace_thread *thread = (const void *)record;
    const struct trace_gap *gap = (const void *)record;

    switch (record->type) {
    case RECORD_PROCESS:
        printf("process %d parent=%d forked=%u %s\n", process->pid, process->ppid, process->forked,
               trace_text(trace, process->command_line));
        break;
    case RECORD_MODULE:
        printf("module %u pid=%d base=0x%llx flags=%u%s %s\n", module->id, module->pid,
               (unsigned long long)module->base, module->flags, module->unloaded ? " unloaded" : "",
               trace_text(trace, module->path));
        break;
    case RECORD_THREAD:
        printf("thread %d/%d %.16s explained=%llu nested=%llu learned=%llu wrong=%llu "
               "checked=%llu uncounted=%llu folded=%u%s\n",
               thread->pid, thread->tid, thread->name, (unsigned long long)thread->explained,
               (unsigned long long)thread->nested, (unsigned long long)thread->learned,
               (unsigned long long)thread->wrong, (unsigned long long)thread->checked,
               (unsigned long long)thread->uncounted, thread->folded,
               thread->current.frame ? " in a call" : "");
        break;
    case RECORD_SLOT:
        print_slot(trace, chunk, (const void *)record, arg);
        break;
    case RECORD_WAIT_POINT:
        print_wait(trace, chunk, (const void *)record, arg);
        break;
    case RECORD_ROUTED:
        print_routed(chunk, (const void *)record, arg);
        break;
    case RECORD_GAP:
        printf("gap pid=%d %s\n", gap->pid, trace_text(trace, gap->text));
        break;
    default:
        break;
    }
}

static void print_event(const struct trace *trace, const struct trace_event *event, void *arg)
{
    const struct names *names = arg;
    printf("event %d/%d %s result=%lld errno=%u ticks=%llu target=%s chain", event->pid, event->tid,
           names->call[event->call % 1024], (long long)event->result, event->error,
           (unsigned long long)event->ticks, trace_text(trace, event->target));
    print_chain(trace, event->context);
    print_python(trace, event->context);
    printf("\n");
}

struct totals {
    uint64_t calls[1024];
    uint64_t moved;
};

static void count_call(const struct trace *trace, const struct trace_chunk *chunk,
                       const struct trace_record *record, void *arg)
{
    (void)trace;
    (void)chunk;
    struct totals *totals = arg;
    const struct trace_slot *slot = (const void *)record;
    if (record->type == RECORD_ROUTED) {
        const struct trace_routed *routed = (const void *)record;
        totals->moved += routed->moved;
        for (unsigned i = 0; i < GREEN_WAYS; i++)
            totals->moved += routed->green[i];
    }
    if (record->type == RECORD_SLOT && slot->call < 1024)
        totals->calls[slot->call] += slot->count;
}

static int dump(const char *path)
{
    static struct names names;
    struct totals totals = {{0}, 0};
    struct trace trace;
    if (trace_load(&trace, path) < 0)
        return -1;
    printf("trace %s pid=%d state=%u chunks=%u/%u events=%llu\n", path, trace.header->pid,
           trace.header->state, trace.header->next_chunk, trace.header->chunk_count,
           (unsigned long long)trace.header->ring_head);
    int result = trace_each(&trace, learn_name, &names);
    if (result == 0)
        result = trace_each(&trace, count_call, &totals);
    if (result == 0)
        result = trace_each(&trace, print_record, &names);
    trace_each_event(&trace, print_event, &names);
    for (unsigned i = 0; i < 1024; i++)
        if (totals.calls[i])
            printf("total %s %llu\n", names.call[i], (unsigned long long)totals.calls[i]);
    if (totals.moved)
        printf("moved %llu\n", (unsigned long long)totals.moved);
    for (unsigned i = 0; i < sizeof loss_names / sizeof *loss_names; i++)
        if (trace.header->lost[i])
            printf("lost %s %llu\n", loss_names[i], (unsigned long long)trace.header->lost[i]);
    trace_unload(&trace);
    return result;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= dump(argv[i]) < 0;
    return failed;
}
