/* SPDX-License-Identifier: MIT
 *
 * A thread's segment and what remains of it: records over many chunks, ended threads added up
 * exactly, their chunks used again.
 */
#include "support.h"

#include "fold.h"
#include "roster.h"
#include "segment.h"
#include "step_x86_64.h"
#include "thread.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static int count(struct trace_record *record, void *data)
{
    (void)record;
    ++*(int *)data;
    return 0;
}

Test(segment, records_fill_several_chunks)
{
    trace_for_test(4 << 20);
    struct segment s;
    struct trace_thread *thread = segment_open(&s, 1, 2, 3);
    cr_assert_not_null(thread);
    for (int i = 0; i < 500; i++) {
        struct trace_record *record = segment_new(&s, sizeof(struct trace_slot));
        cr_assert_not_null(record);
        cr_assert_eq(record->type, RECORD_PENDING);
        trace_commit(record, RECORD_SLOT);
    }
    int slots = 0;
    segment_each(&s, RECORD_SLOT, count, &slots);
    cr_assert_eq(slots, 500);
    cr_assert_gt(s.chunk->previous, 0u);
}

Test(segment, released_chunks_come_back_empty)
{
    trace_for_test(1 << 20);
    for (int i = 0; i < 500; i++) {
        struct segment s;
        struct trace_thread *thread = segment_open(&s, 1, i + 1, 3);
        cr_assert_not_null(thread, "thread %d found no room", i);
        cr_assert_eq(thread->explained, 0u);
        thread->explained = 99;
        segment_release(&s);
    }
    cr_assert_eq(trace_file->lost[TRACE_LOSS_CHUNKS], 0u);
}

/* Somebody who takes a chunk, and sleeps, keeps nobody from giving theirs back. */
Test(segment, chunks_are_given_back_whoever_takes_one)
{
    trace_for_test(4 << 20);
    struct segment s[8];
    for (int i = 0; i < 8; i++)
        cr_assert_not_null(segment_open(&s[i], 1, i + 1, 3));
    uint32_t before = trace_file->next_chunk;
    cr_assert(trace_enter_shared(&trace_file->lock));
    for (int i = 0; i < 8; i++)
        segment_release(&s[i]);
    trace_leave_shared(&trace_file->lock);
    for (int i = 0; i < 8; i++)
        cr_assert_not_null(segment_open(&s[i], 1, i + 1, 3));
    cr_assert_eq(trace_file->next_chunk, before);
}

enum { CELLS = TRACE_CHUNK / TRACE_CELL };

static struct segment stepped;
static int step, handled_at;
static const struct segment *handlers_end;
static size_t handlers_cells;
static struct trace_record *handlers;

static void on_step(int number)
{
    (void)number;
    if (++step == handled_at)
        handlers = segment_new(&stepped, handlers_cells * TRACE_CELL);
}

static int is_it(struct trace_record *record, void *data)
{
    return record == data;
}

/* A handler takes `theirs` cells within the call, after instruction `at`, that takes `ours` where
 * `left` are left; 0: the call was over by then. */
static int interrupted(uint32_t left, size_t ours, size_t theirs, int at)
{
    cr_assert_not_null(segment_open(&stepped, 1, at, 3));
    uint32_t fill = CELLS - left - stepped.chunk->used;
    struct trace_record *filler = segment_new(&stepped, (size_t)fill * TRACE_CELL);
    trace_commit(filler, RECORD_HISTOGRAM);
    const struct trace_chunk *first = stepped.chunk;
    step = 0;
    handled_at = at;
    handlers_cells = theirs;
    handlers = NULL;
    step_begin();
    struct trace_record *own = segment_new(&stepped, ours * TRACE_CELL);
    step_end();
    if (!handlers)
        return 0;
    cr_assert_not_null(own, "%u left, instruction %d: nothing", left, at);
    trace_commit(own, RECORD_SLOT);
    trace_commit(handlers, RECORD_SLOT);
    int slots = 0;
    segment_each(&stepped, RECORD_SLOT, count, &slots);
    cr_assert_eq(slots, 2, "%u left, instruction %d: %d records", left, at, slots);
    cr_assert_eq(segment_each(&stepped, RECORD_SLOT, is_it, own), own);
    cr_assert_eq(segment_each(&stepped, RECORD_SLOT, is_it, handlers), handlers);
    cr_assert_leq(first->used, (uint32_t)CELLS);
    return 1;
}

Test(segment, a_handler_takes_cells_in_between)
{
    static const struct {
        uint32_t left;
        size_t ours, theirs;
    } cases[] = {{6, 2, 3}, {4, 4, 1}, {2, 2, 4}, {1, 2, 2}, {0, 1, 1}};
    trace_for_test(64 << 20);
    struct sigaction action = {.sa_handler = on_step};
    sigaction(SIGTRAP, &action, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int at = 1;
        while (interrupted(cases[i].left, cases[i].ours, cases[i].theirs, at))
            at++;
        cr_assert_gt(at, 10, "only %d instructions", at);
    }
    cr_assert_eq(trace_file->lost[TRACE_LOSS_CHUNKS], 0u);
}

/* One thread with `calls` calls at one context, all in one bucket, made by pool 3. */
static struct segment thread_with(int tid, uint64_t calls)
{
    struct segment s;
    struct trace_thread *thread = segment_open(&s, 1, tid, 3);
    memcpy(thread->name, "worker", 7);
    thread->explained = calls * 10;
    trace_commit(&thread->head, RECORD_THREAD);
    struct trace_histogram *h = (void *)segment_new(&s, sizeof *h);
    h->frame = TRACE_FRAME(1, 5);
    h->bucket[7] = (uint32_t)calls;
    trace_commit(&h->head, RECORD_HISTOGRAM);
    struct trace_slot *slot = (void *)segment_new(&s, sizeof *slot);
    slot->context = 1234;
    slot->count = calls;
    slot->ticks = calls * 10;
    slot->max = (uint64_t)tid;
    slot->histogram = trace_id(h);
    slot->route = TRACE_ROUTE_POOL;
    slot->reason = REASON_READY;
    trace_commit(&slot->head, RECORD_SLOT);
    struct trace_routed *routed = (void *)segment_new(&s, sizeof *routed);
    routed->context = 1234;
    routed->pool = 3;
    routed->moved = calls;
    routed->in_place[REASON_READY] = 1;
    trace_commit(&routed->head, RECORD_ROUTED);
    return s;
}

static void end_thread(int tid, uint64_t calls)
{
    struct segment s = thread_with(tid, calls);
    fold_thread(&s);
}

static const struct trace_chunk *folded_chunk(void)
{
    for (uint32_t i = 1; i <= trace_file->next_chunk; i++) {
        const struct trace_chunk *chunk = trace_chunk_at(i);
        if (chunk->kind == TRACE_CHUNK_THREAD && chunk->tid == 0)
            return chunk;
    }
    return NULL;
}

Test(fold, ended_threads_add_up_exactly)
{
    trace_for_test(4 << 20);
    uint64_t folded = 0;
    for (int tid = 1; tid <= 132; tid++) {
        end_thread(tid, (uint64_t)tid);
        folded += tid > 32 ? (uint64_t)tid : 0;
    }
    const struct trace_chunk *chunk = folded_chunk();
    cr_assert_not_null(chunk);
    struct segment sum = {.chunk = (void *)chunk};
    const struct trace_thread *thread = (const void *)(chunk + 1);
    cr_assert_eq(thread->folded, 100u);
    cr_assert_str_eq(thread->name, "worker");
    cr_assert_eq(thread->explained, folded * 10);
    int slots = 0;
    segment_each(&sum, RECORD_SLOT, count, &slots);
    cr_assert_eq(slots, 1);
    const struct trace_histogram *h = (const void *)(thread + 1);
    h = (const void *)((const char *)thread + (size_t)thread->head.cells * TRACE_CELL);
    cr_assert_eq(h->bucket[7], folded);
    const struct trace_slot *slot =
        (const void *)((const char *)h + (size_t)h->head.cells * TRACE_CELL);
    cr_assert_eq(slot->count, folded);
    cr_assert_eq(slot->max, 132u);
    cr_assert_eq(slot->route, TRACE_ROUTE_POOL);
    cr_assert_eq(slot->reason, REASON_READY);
    const struct trace_routed *routed =
        (const void *)((const char *)slot + (size_t)slot->head.cells * TRACE_CELL);
    cr_assert_eq(routed->pool, 3u);
    cr_assert_eq(routed->moved, folded);
    cr_assert_eq(routed->in_place[REASON_READY], 100u);
    cr_assert_lt(trace_file->next_chunk, 60u);
}

static void end_on_step(int number)
{
    (void)number;
    if (++step == handled_at)
        fold_thread(handlers_end);
}

/* Ends a thread, and another one after instruction `at` of that (0: not at all); returns how many
 * there were. */
static int end_within(int at)
{
    struct segment own = thread_with(100, 1), handlers_own = thread_with(101, 1);
    handlers_end = &handlers_own;
    handled_at = at;
    step = 0;
    step_begin();
    fold_thread(&own);
    step_end();
    if (!at)
        fold_thread(&handlers_own);
    return step;
}

static int next_after(int at, int last)
{
    int next = at < 8 || at >= last ? at + 1 : at * 3 / 2;
    return at < last && next > last ? last : next;
}

/* Another thread ends within the end of one: both are in the sum, and no chunk is kept. After each
 * instruction at the begin and at the end, and some in between. */
Test(fold, threads_end_within_an_end)
{
    trace_for_test(64 << 20);
    for (int tid = 1; tid <= 40; tid++)
        end_thread(tid, 1);
    struct sigaction action = {.sa_handler = end_on_step};
    sigaction(SIGTRAP, &action, NULL);
    const struct trace_thread *sum = (const void *)(folded_chunk() + 1);
    int all = end_within(0), at = 1;
    uint32_t folded = sum->folded, chunks = trace_file->next_chunk;
    cr_assert_gt(all, 200, "only %d instructions", all);
    for (; end_within(at) >= at; at = next_after(at, all - 25)) {
        folded += 2;
        cr_assert_eq(sum->folded, folded, "instruction %d of %d", at, all);
        cr_assert_eq(trace_file->next_chunk, chunks, "instruction %d of %d", at, all);
    }
    cr_assert_gt(at, all - 25, "%d of %d instructions", at, all);
}

static void *attach(void *data)
{
    (void)data;
    return thread_refresh() ? NULL : (void *)1;
}

Test(thread, exits_are_noted)
{
    thread_for_test();
    pthread_t id;
    void *failed = NULL;
    cr_assert_eq(pthread_create(&id, NULL, attach, NULL), 0);
    pthread_join(id, &failed);
    cr_assert_null(failed);
    unsigned ended = 0;
    for (uint32_t i = 1; i <= trace_file->next_chunk; i++) {
        const struct trace_chunk *chunk = trace_chunk_at(i);
        if (chunk->kind == TRACE_CHUNK_THREAD)
            ended += ((const struct trace_thread *)(chunk + 1))->end != 0;
    }
    cr_assert_eq(ended, 1u);
}

/* How many records a thread has; a thread with two is found by one, and counted in the other. */
static int records_of(int tid)
{
    int records = 0;
    for (uint32_t i = 1; i <= trace_file->next_chunk; i++) {
        const struct trace_chunk *chunk = trace_chunk_at(i);
        const struct trace_thread *thread = (const void *)(chunk + 1);
        records += chunk->kind == TRACE_CHUNK_THREAD && chunk->tid == tid &&
                   thread->head.type == RECORD_THREAD;
    }
    return records;
}

/* The rest goes on unstepped. */
static void refresh_on_step(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    if (++step < handled_at)
        return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100ll;
    thread_refresh();
}

/* A handler's call is made within the one that attaches its thread, after instruction `handled_at`;
 * 0: that was over by then. */
static void *attach_interrupted(void *goes_on)
{
    step = 0;
    step_begin();
    const struct thread *t = thread_refresh();
    step_end();
    cr_assert_not_null(t, "instruction %d", handled_at);
    cr_assert_eq(records_of(gettid()), 1, "instruction %d", handled_at);
    cr_assert_eq(roster_find(gettid()), t->record, "instruction %d", handled_at);
    *(int *)goes_on = step >= handled_at;
    return NULL;
}

Test(thread, a_handler_makes_a_call_where_its_thread_attaches)
{
    struct sigaction action = {.sa_sigaction = refresh_on_step, .sa_flags = SA_SIGINFO};
    thread_for_test();
    sigaction(SIGTRAP, &action, NULL);
    for (int goes_on = 1; goes_on; handled_at += 1 + handled_at / 16) {
        pthread_t id;
        cr_assert_eq(pthread_create(&id, NULL, attach_interrupted, &goes_on), 0);
        pthread_join(id, NULL);
    }
    cr_assert_gt(handled_at, 1000, "only %d instructions", handled_at);
}
