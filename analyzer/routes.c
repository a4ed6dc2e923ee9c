/* SPDX-License-Identifier: MIT
 *
 * See routes.h.
 */
#include "routes.h"

#include <string.h>

static const struct {
    const char *name, *words;
} reasons[REASON_ROOM] = {
    [REASON_NONE] = {"none", "for no reason that is told"},
    [REASON_READY] = {"ready", "did not have to wait"},
    [REASON_NONBLOCKING] = {"nonblocking", "never wait (O_NONBLOCK, flags, no time limit left)"},
    [REASON_BOUND] = {"bound", "are bound to their thread"},
    [REASON_CONDITIONS] = {"conditions", "may move under conditions that are not known to hold"},
    [REASON_HANDLER] = {"handler", "in a signal handler"},
    [REASON_NESTED] = {"nested", "inside another call"},
    [REASON_THREAD_STATE] = {"thread_state", "by a thread with rights or an order of its own"},
    [REASON_FILTER] = {"filter", "under a seccomp filter"},
    [REASON_TERMINAL] = {"terminal", "on a terminal"},
    [REASON_THREAD_FILE] = {"thread_file", "on a file that is about its reader (/proc, signalfd)"},
    [REASON_STREAM] = {"stream", "on a stream that the caller holds"},
    [REASON_LOCALE] = {"locale", "by a thread with a locale of its own"},
    [REASON_RESOLVER] = {"resolver", "by a thread with resolver settings of its own"},
    [REASON_POOL_FULL] = {"pool_full", "with every worker busy"},
    [REASON_NO_WORKER] = {"no_worker", "because no thread could be made"},
    [REASON_ADDRESS_SPACE] = {"address_space", "because memory is limited"},
    [REASON_VFORK] = {"vfork", "in a child on its parent's stack"},
    [REASON_FORK_CHILD] = {"fork_child", "in a child made past fork's handlers"},
    [REASON_CHAIN] = {"chain", "because their chain of callers is not known"},
    [REASON_SIGNALS] = {"signals", "because no signal may be queued"},
    [REASON_ROLLOUT] = {"rollout", "outside the rollout's share"},
    [REASON_UNKNOWN] = {"unknown", "because a name that the rule asks for is not known"},
    [REASON_CROWDED] = {"crowded", "because more rules might take them than are kept"},
    [REASON_NO_RUNTIME] = {"no_runtime", "with no green runtime known on their thread"},
    [REASON_NO_GREEN] = {"no_green", "by no green thread (the hub itself, a plain thread)"},
    [REASON_GIL_HELD] = {"gil_held", "with the interpreter lock held"},
    [REASON_INTERPRETERS] = {"interpreters", "with more than one interpreter"},
    [REASON_FINALIZING] = {"finalizing", "at the interpreter's end"},
    [REASON_IMPORTING] = {"importing", "during an import"},
    [REASON_LOADING] = {"loading", "while a library was loaded"},
    [REASON_LOCK_HELD] = {"lock_held", "with a lock held"},
    [REASON_LOCK_ORDER] = {"lock_order", "with a lock held that is taken under the GIL, too"},
    [REASON_STACK_OBJECT] = {"stack_object", "for a lock on the stack"},
    [REASON_EXCEPTION] = {"exception", "with a C++ exception in flight"},
    [REASON_ARGUMENTS] = {"arguments", "because what they touch is not known exactly"},
    [REASON_READER] = {"reader", "inside a buffered file of Python's"},
    [REASON_HANDED_OVER] = {"handed_over", "in a library that hands over by a condition"},
    [REASON_BULKHEAD] = {"bulkhead", "with as many under way as the rule allows"},
    [REASON_DENIED] = {"denied", "that a rule denies and only counts"},
    [REASON_NO_DESCRIPTOR] = {"no_descriptor", "because no descriptor could be made"},
    [REASON_OFF] = {"off", "while it was switched off"},
};

const char *routes_reason_words(unsigned reason)
{
    const char *words = reason < REASON_ROOM ? reasons[reason].words : NULL;
    return words ? words : "for a reason that a later version knows";
}

const char *routes_reason_name(unsigned reason)
{
    const char *name = reason < REASON_ROOM ? reasons[reason].name : NULL;
    return name ? name : "unknown";
}

bool routes_any(const struct report_moved *moved)
{
    return moved->calls || moved->green_calls || moved->denied || moved->in_place_calls;
}

uint64_t routes_cost(const struct report_moved *moved)
{
    return moved->ns > moved->run_ns ? moved->ns - moved->run_ns : 0;
}

void routes_add(struct report_moved *sum, const struct report_moved *more)
{
    sum->calls += more->calls;
    sum->ns += more->ns;
    sum->handoff_ns += more->handoff_ns;
    sum->run_ns += more->run_ns;
    sum->aborted += more->aborted;
    sum->expired += more->expired;
    sum->denied += more->denied;
    sum->green_calls += more->green_calls;
    sum->green_ns += more->green_ns;
    sum->parked_ns += more->parked_ns;
    for (unsigned i = 0; i < GREEN_WAYS; i++)
        sum->green[i] += more->green[i];
    if (more->handoff_max_ns > sum->handoff_max_ns)
        sum->handoff_max_ns = more->handoff_max_ns;
    sum->in_place_calls += more->in_place_calls;
    for (unsigned i = 0; i < REASON_ROOM; i++)
        sum->in_place[i] += more->in_place[i];
}

static struct report_moved moved_of(const struct source *source, const struct trace_routed *record)
{
    struct report_moved moved = {.calls = record->moved,
                                 .ns = source_ns(source, record->ticks),
                                 .handoff_ns = source_ns(source, record->handoff_ticks),
                                 .handoff_max_ns = source_ns(source, record->handoff_max),
                                 .run_ns = source_ns(source, record->run_ticks),
                                 .aborted = record->aborted,
                                 .expired = record->expired,
                                 .denied = record->denied,
                                 .green_ns = source_ns(source, record->green_ticks),
                                 .parked_ns = source_ns(source, record->parked_ticks)};
    for (unsigned i = 0; i < GREEN_WAYS; i++) {
        moved.green[i] = record->green[i];
        moved.green_calls += record->green[i];
    }
    for (unsigned i = 0; i < REASON_ROOM; i++) {
        moved.in_place[i] = record->in_place[i];
        moved.in_place_calls += record->in_place[i];
    }
    return moved;
}

static void add_record(const struct source *source, const struct trace_routed *record,
                       const struct source_thread *thread)
{
    struct report_process *process = source->process;
    uint32_t use = map_get(&source->chains, source_chain(record->call, record->context));
    struct report_moved moved = moved_of(source, record);
    routes_add(&process->moved, &moved);
    if (use != MAP_NONE)
        routes_add(&source->use[use]->site->moved, &moved);
    for (unsigned i = 0; i < process->loop_count; i++)
        if (process->loops[i]->thread == thread->thread)
            routes_add(&process->loops[i]->moved, &moved);
}

static void add_pool(struct source *source, const struct trace_pool *record)
{
    struct report_process *process = source->process;
    if (record->pid != process->pid || process->pool_count == REPORT_POOLS)
        return;
    struct report_pool *pool = &process->pools[process->pool_count++];
    *pool = (struct report_pool){.most = record->most,
                                 .peak = record->peak,
                                 .grown = record->grown,
                                 .shrunk = record->shrunk,
                                 .refused = record->refused,
                                 .beyond = record->beyond};
    memcpy(pool->name, record->name, sizeof pool->name - 1);
}

/* The switch is the file's: its first process and the fork children in it. */
static void find_time_off(struct source *source)
{
    const struct trace_control *control = reader_control(source->reader);
    source->process->off_count = control->off_count;
    source->process->off_ns = control->off_ns;
    source->process->off_now = control->off_since != 0;
}

void routes_fill(struct source *source)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct source_thread *thread = source_thread(source, &cursor);
        if (record->type == RECORD_ROUTED && thread)
            add_record(source, (const struct trace_routed *)record, thread);
        if (record->type == RECORD_POOL)
            add_pool(source, (const struct trace_pool *)record);
    }
    find_time_off(source);
}
