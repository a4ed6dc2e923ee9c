/* SPDX-License-Identifier: MIT
 *
 * See loops.h.
 */
#include "loops.h"

#include "owner.h"
#include "python.h"
#include "text.h"

#include <stdlib.h>

#define CALM_NS 10000000u /* a stall that clients hardly notice */

static const char *runtime_of(const struct source *source, uint32_t context)
{
    struct python_chain chain;
    python_chain_read(source, context, &chain);
    return python_runtime(&chain);
}

/* A hub that waited too few times to be known as a loop is one all the same. */
static void find_hubs(struct source *source)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct source_thread *thread = source_thread(source, &cursor);
        const struct trace_slot *slot = (const struct trace_slot *)record;
        if (record->type == RECORD_SLOT && thread && slot->flags & SLOT_HUB_WAIT &&
            !thread->thread->hub)
            thread->thread->hub = runtime_of(source, slot->context);
    }
}

void loops_begin(struct source *source)
{
    find_hubs(source);
    for (size_t i = 0; i < source->thread_count; i++) {
        if (!source->thread[i].wait)
            continue;
        struct report_loop *loop = ARENA_NEW(source->build->arena, struct report_loop);
        loop->thread = source->thread[i].thread;
        source->thread[i].thread->loop = loop;
    }
}

static void describe(struct source *source, struct report_loop *loop,
                     const struct trace_wait_point *wait)
{
    const struct trace_call *call = reader_call(source->reader, wait->call);
    struct owner owner = owner_find(source, wait->context);
    loop->call = call ? text_clean(source->build->arena, call->name) : "unknown call";
    loop->function = owner.function;
    loop->module = owner.module;
    loop->shown_module = owner_shown_module(source, &owner);
    loop->python = owner.python;
    loop->runtime = runtime_of(source, wait->context);
    loop->callers = owner_callers(source, wait->context);
    loop->file = owner.file;
    loop->line = owner.line;
    loop->fd = wait->fd;
}

static void count_turns(struct source *source, struct report_loop *loop,
                        const struct trace_wait_point *wait, const struct trace_thread *thread)
{
    uint64_t end = thread->end ? thread->end : source->end;
    loop->observed_ns = end > wait->chosen_at ? source_ns(source, end - wait->chosen_at) : 0;
    loop->chosen_ns = source_since(source, wait->chosen_at);
    loop->visits = wait->visits;
    loop->wait_ns = source_ns(source, wait->wait_ticks);
    loop->ready_at_once = wait->ready_at_once;
    loop->timed_out = wait->empty;
    loop->turns = wait->turns;
    loop->turn_ns = source_ns(source, wait->turn_ticks);
    loop->stalls = wait->stalls;
    loop->stall_ns = source_ns(source, wait->stall_ticks);
    loop->harmful = wait->harmful;
    loop->harmful_ns = source_ns(source, wait->harmful_ticks);
}

static bool is_calm(const struct report_loop *loop)
{
    bool known = loop->stalls == 0 || loop->max_ns;
    return known && loop->stall_ns < loop->observed_ns / 100 && loop->max_ns < CALM_NS;
}

static void draw_timeline(struct source *source, struct report_loop *loop,
                          const struct trace_wait_point *wait)
{
    loop->slice_ns = source_ns(source, wait->slice_ticks);
    if (loop->slice_ns == 0)
        return;
    uint64_t reached = loop->observed_ns / loop->slice_ns + 1;
    loop->slice_count = reached < TRACE_SLICES ? (unsigned)reached : TRACE_SLICES;
    for (unsigned i = 0; i < TRACE_SLICES; i++) {
        loop->slices[i] = source_ns(source, wait->slice[i]);
        if (loop->slices[i] && i >= loop->slice_count)
            loop->slice_count = i + 1;
    }
}

static int by_length(const void *a, const void *b)
{
    const struct report_turn *x = a, *y = b;
    return x->length_ns < y->length_ns ? 1 : -(x->length_ns > y->length_ns);
}

static void add_turn(struct source *source, struct report_loop *loop, const struct trace_turn *turn)
{
    if (turn->length == 0)
        return;
    struct report_turn *worst = &loop->worst[loop->worst_count++];
    *worst = (struct report_turn){.when_ns = source_since(source, turn->start),
                                  .length_ns = source_ns(source, turn->length),
                                  .wait_ns = source_ns(source, turn->wait),
                                  .cpu_ns = source_ns(source, turn->cpu),
                                  .ready = turn->ready,
                                  .harmful = turn->next_ready == 1};
    for (unsigned i = 0; i < TRACE_TURN_SLOTS; i++) {
        if (turn->top[i].slot == 0)
            continue;
        const struct report_use *use = source_use(source, turn->top[i].slot);
        worst->top[worst->top_count].site = use ? use->site : NULL;
        worst->top[worst->top_count].calls = turn->top[i].calls;
        worst->top[worst->top_count++].ns = source_ns(source, turn->top[i].ticks);
    }
}

static void measure_stalls(struct source *source, struct report_loop *loop,
                           const struct trace_wait_point *wait)
{
    for (unsigned i = 0; i < TRACE_TURNS; i++)
        add_turn(source, loop, &wait->worst[i]);
    qsort(loop->worst, loop->worst_count, sizeof *loop->worst, by_length);
    uint64_t longest = 0;
    for (unsigned i = 0; i < TRACE_TURNS; i++)
        longest = wait->worst[i].length > longest ? wait->worst[i].length : longest;
    const struct trace_histogram *histogram =
        reader_record(source->reader, wait->stalls_histogram, RECORD_HISTOGRAM);
    if (histogram)
        histogram_add(&loop->stall_histogram, histogram, wait->stalls);
    if (longest == 0) /* the worst turns were before the part that is looked at */
        longest = histogram_top(&loop->stall_histogram);
    double rate = source->ticks.ns_per_tick;
    loop->p50_ns = (uint64_t)(histogram_quantile(&loop->stall_histogram, 0.50, longest) * rate);
    loop->p99_ns = (uint64_t)(histogram_quantile(&loop->stall_histogram, 0.99, longest) * rate);
    loop->max_ns = source_ns(source, longest);
}

static int by_stall(const void *a, const void *b)
{
    const struct report_use *x = *(struct report_use *const *)a;
    const struct report_use *y = *(struct report_use *const *)b;
    const uint64_t left[] = {x->stall_ns, x->blocked_ns, x->total_ns, x->site->id};
    const uint64_t right[] = {y->stall_ns, y->blocked_ns, y->total_ns, y->site->id};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

/* Slots of one site count a turn each, so that their sum may be more than the turns there were. */
static void bound_turns(struct report_use *use, const struct report_loop *loop)
{
    if (use->stalled_turns <= loop->stalls)
        return;
    use->site->stalled_turns -= use->stalled_turns - loop->stalls;
    use->stalled_turns = loop->stalls;
}

static void rank_sites(struct source *source, struct report_loop *loop)
{
    const struct report_process *process = source->process;
    loop->sites = ARENA_ARRAY(source->build->arena, struct report_use *, process->site_count);
    for (unsigned i = 0; i < process->site_count; i++)
        for (struct report_use *use = process->sites[i]->uses; use; use = use->next)
            if (use->thread != loop->thread || use->noise == NOISE_LOOP) {
                continue;
            } else if (use->noise) {
                loop->noise_stall_ns += use->stall_ns;
            } else {
                bound_turns(use, loop);
                loop->sites[loop->site_count++] = use;
                loop->site_stall_ns += use->stall_ns;
            }
    qsort(loop->sites, loop->site_count, sizeof(struct report_use *), by_stall);
    if (loop->site_stall_ns > loop->stall_ns)
        loop->site_stall_ns = loop->stall_ns; /* counters of a live process, read one by one */
    if (loop->noise_stall_ns > loop->stall_ns - loop->site_stall_ns)
        loop->noise_stall_ns = loop->stall_ns - loop->site_stall_ns;
}

/* CPU time of the stalls, and how much of it lies outside the calls. Inside them the clock is not
 * read: calls that blocked are taken to have slept, others to have worked. */
static void measure_cpu(struct report_loop *loop, const struct trace_wait_point *wait)
{
    if (wait->stall_measured == 0)
        return;
    double share = (double)wait->stall_cpu / (double)wait->stall_measured;
    double cpu = (share < 1 ? share : 1) * (double)loop->stall_ns, in_calls = 0;
    for (unsigned i = 0; i < loop->site_count; i++) {
        const struct report_use *use = loop->sites[i];
        double slept = use->total_ns ? (double)use->blocked_ns / (double)use->total_ns : 0;
        in_calls += (double)use->stall_ns * (slept < 1 ? 1 - slept : 0);
    }
    double rest = (double)(loop->stall_ns - loop->site_stall_ns - loop->noise_stall_ns);
    double outside = cpu > in_calls ? cpu - in_calls : 0;
    loop->stall_cpu_known = true;
    loop->stall_cpu_ns = (uint64_t)cpu;
    loop->computing_ns = (uint64_t)(outside < rest ? outside : rest);
}

static int by_stall_of_loop(const void *a, const void *b)
{
    const struct report_loop *x = *(struct report_loop *const *)a;
    const struct report_loop *y = *(struct report_loop *const *)b;
    const uint64_t left[] = {x->stall_ns, x->turns, (uint64_t)y->thread->tid};
    const uint64_t right[] = {y->stall_ns, y->turns, (uint64_t)x->thread->tid};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

void loops_fill(struct source *source)
{
    struct report_process *process = source->process;
    process->loops = ARENA_ARRAY(source->build->arena, struct report_loop *, source->thread_count);
    for (size_t i = 0; i < source->thread_count; i++) {
        const struct source_thread *thread = &source->thread[i];
        struct report_loop *loop = thread->thread->loop;
        if (!loop)
            continue;
        describe(source, loop, thread->wait);
        count_turns(source, loop, thread->wait, thread->record);
        draw_timeline(source, loop, thread->wait);
        measure_stalls(source, loop, thread->wait);
        loop->calm = is_calm(loop);
        rank_sites(source, loop);
        measure_cpu(loop, thread->wait);
        process->loops[process->loop_count++] = loop;
    }
    qsort(process->loops, process->loop_count, sizeof(struct report_loop *), by_stall_of_loop);
    for (unsigned i = 0; i < process->loop_count && !process->runtime; i++)
        process->runtime = process->loops[i]->runtime;
    for (size_t i = 0; i < source->thread_count && !process->runtime; i++)
        process->runtime = source->thread[i].thread->hub;
}
