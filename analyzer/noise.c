/* SPDX-License-Identifier: MIT
 *
 * See noise.h.
 */
#include "noise.h"

#include "noise_rules.h"
#include "owner.h"
#include "python.h"
#include "socket_waits.h"
#include "text.h"

#include <string.h>

#define FRAMES_MOST       8u  /* looked at for names */
#define NEAR_START        10u /* frames from a thread's start to where it waits for work */
#define NEAR_START_PYTHON 20u /* ... with those of Python code */
#define RECURS            3u  /* visits */

static const struct {
    const char *name, *words, *headline;
} texts[NOISE_KINDS] = {
    [NOISE_NONE] = {"", "", ""},
    [NOISE_LOOP] = {"idle", "a loop's waits for work",
                    "The loop's own wait for work: idle, not blocked."},
    [NOISE_GIL] = {"gil", "waits for Python's interpreter lock (GIL)",
                   "Threads of Python take turns: the wait for the GIL follows from what others "
                   "compute."},
    [NOISE_IDLE_WORKER] = {"idle_worker", "workers waiting for their next job",
                           "A worker's wait for its next job: idle, not blocked."},
    [NOISE_ALLOCATOR] = {"allocator", "waits inside the memory allocator",
                         "A wait inside the allocator, or of its own thread: nobody's to move."},
    [NOISE_TIMER] = {"timer", "timers' threads asleep",
                     "A thread that sleeps until its next time: idle, not blocked."},
};

const char *noise_name(enum noise noise)
{
    return texts[noise].name;
}

const char *noise_words(enum noise noise)
{
    return texts[noise].words;
}

const char *noise_headline(enum noise noise)
{
    return texts[noise].headline;
}

/* ---- where a thread waits for its next job ---- */

static const struct trace_context *context_of(const struct source *source,
                                              const struct trace_slot *slot)
{
    return reader_record(source->reader, slot->context, RECORD_CONTEXT);
}

/* Frames down to the thread's start, those of Python code too, which may have none of their own on
 * the native stack; 0 if the chain does not reach it. */
static unsigned depth_of(const struct source *source, const struct trace_slot *slot)
{
    const struct trace_context *context = context_of(source, slot);
    bool cut = false;
    unsigned python = python_depth(source, slot->context, &cut);
    return context && !context->flags && !cut ? context->frames + python : 0;
}

/* One wait near the start is the place; that the thread is blocked further out speaks against it.
 */
struct resting {
    const struct trace_slot *slot; /* outermost candidate */
    unsigned depth;
    unsigned blocked_at; /* outermost blocked call that is none; 0 none */
};

static bool is_near_start(const struct source *source, const struct resting *resting)
{
    const struct trace_context *context = context_of(source, resting->slot);
    return resting->depth <= (context->pyframe ? NEAR_START_PYTHON : NEAR_START);
}

static bool may_rest(const struct source_thread *thread, const struct trace_call *call)
{
    unsigned kinds = KIND_CONDITION | KIND_SEMAPHORE | KIND_QUEUE | KIND_TIMER | KIND_READY;
    /* the first thread of a process waits for others in many ways; for an epoll set, for work */
    if (thread->thread->is_main)
        return call && text_starts(call->name, "epoll_");
    return noise_kind(call) & kinds;
}

/* A socket's own poll before it receives is a wait for a peer. */
static bool is_peers(const struct source *source, const struct trace_slot *slot)
{
    return socket_waits_has(source, slot->call, slot->context);
}

static bool sleeps(const struct source *source, const struct trace_slot *slot)
{
    return noise_kind(reader_call(source->reader, slot->call)) == KIND_TIMER;
}

/* A worker's job may sleep: any other wait comes before a timer's. */
static bool is_further_out(const struct source *source, const struct trace_slot *slot,
                           unsigned depth, const struct resting *resting)
{
    if (sleeps(source, slot) != sleeps(source, resting->slot))
        return !sleeps(source, slot);
    if (depth != resting->depth)
        return depth < resting->depth;
    return slot->ticks > resting->slot->ticks;
}

static void consider(const struct source *source, struct source_thread *thread,
                     struct resting *resting, const struct trace_slot *slot)
{
    const struct trace_call *call = reader_call(source->reader, slot->call);
    unsigned depth = depth_of(source, slot);
    if (slot->blocked == 0 || depth == 0)
        return;
    if (!may_rest(thread, call) || is_peers(source, slot)) {
        /* a lock belongs to the wait, and a call that never waits was only preempted */
        bool waits = call && call->blocks != BLOCKS_NEVER && noise_kind(call) != KIND_LOCK;
        if (waits && (!resting->blocked_at || depth < resting->blocked_at))
            resting->blocked_at = depth;
        return;
    }
    if (resting->slot && !is_further_out(source, slot, depth, resting))
        return;
    resting->slot = slot;
    resting->depth = depth;
}

static bool takes_most(const struct source *source, const struct source_thread *thread,
                       const struct trace_slot *slot)
{
    return source_ns(source, slot->ticks) > thread->thread->wall_ns / 2;
}

/* A timer's thread does nothing but sleep where it sleeps. */
static bool is_outermost(const struct source *source, const struct resting *resting)
{
    unsigned least = resting->depth + sleeps(source, resting->slot);
    return !resting->blocked_at || resting->blocked_at >= least;
}

void noise_begin(struct source *source)
{
    struct resting *all = ARENA_ARRAY(source->build->arena, struct resting, source->thread_count);
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        struct source_thread *thread = source_thread(source, &cursor);
        if (record->type == RECORD_SLOT && thread)
            consider(source, thread, &all[thread - source->thread],
                     (const struct trace_slot *)record);
    }
    for (size_t i = 0; i < source->thread_count; i++) {
        struct source_thread *thread = &source->thread[i];
        const struct resting *resting = &all[i];
        if (thread->wait || !resting->slot || !is_near_start(source, resting) ||
            !is_outermost(source, resting))
            continue;
        if (resting->slot->count >= RECURS || takes_most(source, thread, resting->slot))
            thread->rest = resting->slot;
    }
}

/* The same place: call and return address outside libc's reach. */
static bool rests_here(const struct source *source, const struct source_thread *thread,
                       const struct trace_slot *slot)
{
    const struct trace_slot *rest = thread->rest;
    if (!rest || rest->call != slot->call)
        return false;
    const struct trace_context *a = context_of(source, rest), *b = context_of(source, slot);
    /* the interpreter has more than one way into the same call */
    if (a && b && a->pyframe && b->pyframe)
        return a->pyframe == b->pyframe;
    return a == b || (a && b && a->frames == b->frames && a->frame[0] == b->frame[0]);
}

static enum noise resting_as(const struct source *source, const struct trace_slot *slot)
{
    switch (noise_kind(reader_call(source->reader, slot->call))) {
    case KIND_TIMER:
        return NOISE_TIMER;
    case KIND_READY:
        return NOISE_LOOP;
    default:
        return NOISE_IDLE_WORKER;
    }
}

/* ---- rules by name ---- */

static bool begins(const char *name, const char *const *beginnings)
{
    for (; name && *beginnings; beginnings++)
        if (text_starts(name, *beginnings))
            return true;
    return false;
}

static bool names_match(const struct noise_rule *rule, const struct owner_step *steps,
                        unsigned count)
{
    if (!rule->functions && !rule->via)
        return true;
    if (rule->unnamed_too && !steps[0].function)
        return true;
    for (unsigned i = 0; i < count && i < rule->within; i++) {
        if (rule->functions && begins(steps[i].function, rule->functions))
            return true;
        if (rule->via && steps[i].module && text_starts(steps[i].module, rule->via))
            return true;
    }
    return false;
}

static bool matches(const struct noise_rule *rule, const struct owner_step *steps, unsigned count)
{
    if (count == 0)
        return false;
    if (rule->module && (!steps[0].module || !text_starts(steps[0].module, rule->module)))
        return false;
    for (unsigned i = 0; rule->but_not && i < count; i++)
        if (begins(steps[i].function, rule->but_not))
            return false;
    return names_match(rule, steps, count);
}

static enum noise by_name(const struct source *source, const struct source_thread *thread,
                          const struct trace_slot *slot, enum noise_kind kind)
{
    struct owner_step steps[FRAMES_MOST];
    unsigned count = owner_steps(source, slot->context, steps, FRAMES_MOST);
    for (unsigned i = 0; i < noise_rule_count; i++) {
        const struct noise_rule *rule = &noise_rules[i];
        if (!(rule->kinds & (unsigned)kind) || (thread->thread->is_main && !rule->of_main_too) ||
            (rule->takes_most && !takes_most(source, thread, slot)))
            continue;
        if (matches(rule, steps, count))
            return rule->noise;
    }
    return NOISE_NONE;
}

enum noise noise_of(const struct source *source, const struct source_thread *thread,
                    const struct trace_slot *slot)
{
    if (source_idle(thread, slot) || slot->flags & SLOT_HUB_WAIT)
        return NOISE_LOOP;
    enum noise_kind kind = noise_kind(reader_call(source->reader, slot->call));
    if (kind == KIND_NONE)
        return NOISE_NONE;
    enum noise named = kind & (KIND_CONDITION | KIND_SEMAPHORE | KIND_LOCK)
                           ? by_name(source, thread, slot, kind)
                           : NOISE_NONE;
    if (named != NOISE_NONE)
        return named;
    return rests_here(source, thread, slot) ? resting_as(source, slot) : NOISE_NONE;
}

/* ---- sums ---- */

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

/* The loops' own waits never were in these sums. */
static void subtract(struct report_process *process, const struct report_use *use)
{
    struct report_thread *thread = use->thread;
    if (thread->loop && use->noise == NOISE_LOOP)
        return;
    thread->calls = less(thread->calls, use->calls);
    thread->blocked = less(thread->blocked, use->blocked);
    thread->blocked_ns = less(thread->blocked_ns, use->blocked_ns);
    process->blocked = less(process->blocked, use->blocked);
    process->blocked_ns = less(process->blocked_ns, use->blocked_ns);
}

static void add(struct report_noise *noise, const struct report_use *use)
{
    noise->calls += use->calls;
    noise->total_ns += use->total_ns;
    noise->blocked += use->blocked;
    noise->threads += !(use->thread->noise >> use->noise & 1);
    use->thread->noise |= 1u << use->noise;
}

void noise_fill(struct source *source)
{
    struct report_process *process = source->process;
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        uint64_t most = 0;
        bool here[NOISE_KINDS] = {false};
        for (const struct report_use *use = site->uses; use; use = use->next) {
            if (use->noise == NOISE_NONE)
                continue;
            subtract(process, use);
            add(&process->noise[use->noise], use);
            process->noise[use->noise].sites += !here[use->noise];
            here[use->noise] = true;
            if (use->total_ns >= most) {
                most = use->total_ns;
                site->noise = use->noise;
            }
        }
    }
}
