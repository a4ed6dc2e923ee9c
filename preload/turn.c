/* SPDX-License-Identifier: MIT
 *
 * See turn.h. Which of several recurring waits is the loop: a green runtime's hub before all else,
 * an epoll set before a single poll, then the outer one (fewer frames), then the one chosen first.
 * A loop that is no longer visited while another wait goes on recurring gives way to it: the
 * program came to its next phase.
 */
#include "turn.h"

#include "clock.h"
#include "stack.h"
#include "target.h"
#include "thread.h"
#include "trace.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum {
    RECURS = 3,            /* visits that make a wait point */
    BUSY_RECURS = 16,      /* ... a loop, of an epoll set that never had to wait */
    GIVES_WAY = 64,        /* visits of a rival without one of the loop */
    GIVES_WAY_DEEP = 1024, /* ... of a rival that may well be inside one turn of the loop */
    READY_AT_ONCE = 20000, /* ns: a wait that returns work within this found it there */
    NAPS = 16,             /* waits that slept, between readings of the CPU clock */
    NEAR = 192,            /* bytes: less than a loop in a loop takes, more than an interpreter's
                              two ways into one function differ */
    SLICE = 250000000,     /* ns: first width of a slice of the timeline */
    TURN_SLOTS_MOST = 4096
};

/* ---- ending a turn ---- */

static void top_insert(struct trace_turn *turn, uint32_t id, const struct trace_slot *slot)
{
    unsigned i = TRACE_TURN_SLOTS;
    while (i > 0 && turn->top[i - 1].ticks < slot->turn_ticks) {
        if (i < TRACE_TURN_SLOTS)
            turn->top[i] = turn->top[i - 1];
        i--;
    }
    if (i == TRACE_TURN_SLOTS)
        return;
    turn->top[i].slot = id;
    turn->top[i].calls = slot->turn_calls;
    turn->top[i].ticks = slot->turn_ticks;
}

/* Every slot that took part is charged with its share of the stall. */
static void charge_slots(const struct turns *turns, struct trace_turn *turn)
{
    int left = TURN_SLOTS_MOST;
    for (uint32_t id = turns->slots; id && left--;) {
        struct trace_slot *slot = trace_at(id);
        slot->stall_ticks += slot->turn_ticks;
        slot->stall_turns++;
        if (turn)
            top_insert(turn, id, slot);
        id = slot->turn_next;
    }
}

static struct trace_turn *worst_entry(struct trace_wait_point *w, uint64_t length)
{
    struct trace_turn *least = &w->worst[0];
    for (unsigned i = 1; i < TRACE_TURNS; i++)
        if (w->worst[i].length < least->length)
            least = &w->worst[i];
    if (least->length >= length)
        return NULL;
    memset(least, 0, sizeof *least);
    return least;
}

static void slice_add(struct trace_wait_point *w, uint64_t start, uint64_t length)
{
    uint64_t index = (start - w->chosen_at) / w->slice_ticks;
    while (index >= TRACE_SLICES) {
        for (size_t i = 0; i < TRACE_SLICES; i++)
            w->slice[i] = i < TRACE_SLICES / 2 ? w->slice[2 * i] + w->slice[2 * i + 1] : 0;
        w->slice_ticks *= 2;
        index /= 2;
    }
    w->slice[index] += length;
}

/* The thread's CPU clock is a system call: read where a turn was long, and now and then where the
 * thread has just slept anyway. */
static void cpu_read(struct turns *turns)
{
    turns->cpu = trace_sealed() ? 0 : clock_thread_cpu();
    turns->cpu_others = 0;
    turns->naps = 0;
}

/* Ticks on a CPU in the stall of this length that ends now: those since the clock was last read,
 * less the short turns since. They are taken to have been on the CPU throughout, as are waits that
 * found work there. */
static uint64_t cpu_spend(struct turns *turns, struct trace_wait_point *w, uint64_t length)
{
    uint64_t before = turns->cpu, others = turns->cpu_others;
    cpu_read(turns);
    if (!before || turns->cpu < before)
        return 0;
    uint64_t spent = clock_ticks(turns->cpu - before);
    spent = spent > others ? spent - others : 0;
    spent = spent < length ? spent : length;
    w->stall_cpu += spent;
    w->stall_measured += length;
    return spent;
}

static void stall(struct turns *turns, struct trace_wait_point *w, uint64_t length)
{
    uint64_t cpu = cpu_spend(turns, w, length);
    struct trace_turn *turn = worst_entry(w, length);
    if (turn) {
        turn->start = turns->start;
        turn->wait = turns->wait;
        turn->ready = turns->ready;
        turn->length = length;
        turn->cpu = cpu;
    }
    charge_slots(turns, turn);
    w->stalls++;
    w->stall_ticks += length;
    slice_add(w, turns->start, length);
    if (w->stalls_histogram) {
        struct trace_histogram *h = trace_at(w->stalls_histogram);
        uint32_t *bucket = &h->bucket[trace_bucket_of(length)];
        *bucket += *bucket != UINT32_MAX;
    }
    turns->stalled = length;
    turns->sleeps = trace_sealed() ? 0 : clock_thread_sleeps();
    turns->stalled_entry = turn;
}

static void turn_end(struct turns *turns, uint64_t now)
{
    struct trace_wait_point *w = turns->loop->record;
    uint64_t length = now > turns->start ? now - turns->start : 0;
    turns->stalled = 0;
    turns->stalled_entry = NULL;
    w->turns++;
    w->turn_ticks += length;
    if (length >= thread_threshold)
        stall(turns, w, length);
    else
        turns->cpu_others += length;
    turns->number = 0;
    turns->slots = 0;
}

/* ---- the points ---- */

/* A poll of the same place is another wait when it comes from elsewhere on the stack, with another
 * set: a main loop run inside a callback of another one. The same set is the same loop, run again
 * from inside. */
static int same_wait(const struct turn_point *p, const struct wait_facts *facts)
{
    uintptr_t apart = p->frame > facts->frame ? p->frame - facts->frame : facts->frame - p->frame;
    if (p->function != facts->function)
        return 0;
    return facts->fd >= 0 || apart < NEAR || (facts->set && p->set == facts->set);
}

/* `loosely`: wherever on the stack. */
static struct turn_point *point_find(struct turns *turns, uint16_t call, uintptr_t caller,
                                     const struct wait_facts *facts, int loosely)
{
    for (uint32_t i = 0; i < turns->count; i++) {
        struct turn_point *p = &turns->point[i];
        if (p->hub || facts->hub) {
            if (p->hub && facts->hub)
                return p;
            continue;
        }
        if (p->caller == caller && p->fd == facts->fd && p->call == call &&
            (loosely || same_wait(p, facts)))
            return p;
    }
    return NULL;
}

/* The table keeps what recurs: a newcomer takes the place of a point seen least, if that has not.
 */
static struct turn_point *point_new(struct turns *turns, uint16_t call, uintptr_t caller,
                                    const struct wait_facts *facts)
{
    struct turn_point *p = NULL;
    if (turns->count < TURN_POINTS)
        p = &turns->point[turns->count++];
    for (uint32_t i = 0; !p && i < TURN_POINTS; i++)
        if (!turns->point[i].record)
            p = &turns->point[i];
    if (p)
        *p = (struct turn_point){.caller = caller,
                                 .function = facts->function,
                                 .fd = facts->fd,
                                 .call = call,
                                 .hub = facts->hub};
    else if (!(p = point_find(turns, call, caller, facts, 1)))
        trace_lose(TRACE_LOSS_TURNS, 1);
    return p;
}

struct turn_point *turn_enter(struct thread *t, uint16_t call, uintptr_t caller,
                              const struct wait_facts *facts, uint64_t now)
{
    struct turns *turns = &t->turns;
    turns->alone += facts->fds == 1 && !facts->hub;
    struct turn_point *p = point_find(turns, call, caller, facts, 0);
    if (!p && !(p = point_new(turns, call, caller, facts)))
        return NULL;
    if (p->hub && facts->fd >= 0) { /* a hub sleeps where it has no fd to wait for */
        p->call = call;
        p->fd = facts->fd;
    }
    p->set = facts->set;
    p->frame = facts->frame > p->frame ? facts->frame : p->frame;
    if (p == turns->loop && turns->number)
        turn_end(turns, now);
    return p;
}

static void point_record(struct thread *t, struct turn_point *p)
{
    struct trace_wait_point *w = (void *)segment_new(&t->segment, sizeof *w);
    if (!w) {
        trace_lose(TRACE_LOSS_TURNS, 1);
        return;
    }
    w->call = p->call;
    w->fd = p->fd;
    w->depth = UINT32_MAX;
    trace_commit(&w->head, RECORD_WAIT_POINT);
    p->record = w;
}

/* Frames below this visit, more than the chain holds where that was cut. Counting takes
 * microseconds: done again only further up the stack than before. 0: not known to be less. */
static uint32_t depth_of(struct turn_point *p, const struct wait_facts *facts,
                         const struct trace_context *context)
{
    if (!(context->flags & CONTEXT_CUT_DEPTH))
        return context->frames;
    if (facts->frame <= p->counted)
        return 0;
    p->counted = facts->frame;
    int saved = errno;
    uint32_t depth = stack_depth(p->caller, facts->frame);
    errno = saved;
    return depth > context->frames ? depth : context->frames;
}

/* The same wait is reached on several ways (redis waits while it loads, too): the shortest is the
 * loop's own. */
static void point_context(struct turn_point *p, const struct wait_facts *facts, uint32_t context)
{
    struct trace_wait_point *w = p->record;
    if (!context || context == w->context)
        return;
    uint32_t depth = depth_of(p, facts, trace_at(context));
    if (!depth || depth >= w->depth)
        return;
    w->context = context;
    w->depth = depth;
}

static int is_epoll(const struct turn_point *p)
{
    return p->fd >= 0;
}

static int better(const struct turn_point *a, const struct turn_point *b)
{
    if (a->hub != b->hub)
        return a->hub;
    if (is_epoll(a) != is_epoll(b))
        return is_epoll(a);
    return a->record->depth < b->record->depth;
}

static int forget_loop(struct trace_record *record, void *data)
{
    struct trace_slot *slot = (void *)record;
    (void)data;
    slot->stall_ticks = 0;
    slot->stall_turns = 0;
    slot->flags &= (uint16_t)~SLOT_LOOP_WAIT;
    return 0;
}

/* Shares of stalls belong to one loop: they start anew with it. */
static void choose(struct thread *t, struct turn_point *p, uint64_t now)
{
    struct turns *turns = &t->turns;
    if (turns->loop) {
        turns->loop->record->flags &= (uint16_t)~WAIT_CHOSEN;
        segment_each(&t->segment, RECORD_SLOT, forget_loop, NULL);
    }
    struct trace_wait_point *w = p->record;
    if (!w->stalls_histogram) {
        struct trace_histogram *h = (void *)segment_new(&t->segment, sizeof *h);
        if (h) {
            h->call = p->call;
            trace_commit(&h->head, RECORD_HISTOGRAM);
            w->stalls_histogram = trace_id(h);
        }
    }
    if (!w->chosen_at) {
        w->chosen_at = now;
        w->slice_ticks = clock_ticks(SLICE) + 1;
    }
    for (unsigned i = 0; i < TURN_FIRST; i++)
        if (p->first[i])
            ((struct trace_slot *)trace_at(p->first[i]))->flags |= SLOT_LOOP_WAIT;
    w->flags |= WAIT_CHOSEN;
    t->record->loop = trace_id(w);
    turns->loop = p;
    turns->cpu = 0;
    turns->stalled = 0;
    turns->rivals = 0;
}

/* The loop was not seen for so long that the program must have come to its next phase. */
static int supersedes(const struct turns *turns, const struct turn_point *p)
{
    int deeper = p->record->depth > turns->loop->record->depth;
    return p->hub == turns->loop->hub && is_epoll(p) == is_epoll(turns->loop) &&
           turns->rivals >= (deeper ? GIVES_WAY_DEEP : GIVES_WAY);
}

/* A poll that never blocks looks at something in passing. An epoll set that is asked again and
 * again is a loop, if one so busy that it never slept (libuv asks with no timeout while it has
 * work). */
static int may_be_loop(const struct turn_point *p)
{
    return p->blocked || (is_epoll(p) && p->visits >= BUSY_RECURS);
}

static void consider(struct thread *t, struct turn_point *p, uint64_t now)
{
    struct turns *turns = &t->turns;
    if (!p->record || p == turns->loop || !may_be_loop(p))
        return;
    if (!turns->loop || better(p, turns->loop) || supersedes(turns, p))
        choose(t, p, now);
}

/* The one fd of a poll that is ready, when one is; -1: not known. */
static int ready_fd(const struct turn_point *p, const struct wait_facts *facts)
{
    const struct pollfd *fds = facts->set;
    if (p->call != CALL_poll && p->call != CALL_ppoll)
        return -1;
    for (uint32_t i = 0; fds && i < facts->fds; i++)
        if (fds[i].revents)
            return fds[i].fd;
    return -1;
}

static int is_eventfd(int fd)
{
    uint32_t target = target_of(fd);
    return target && !strcmp(((const struct trace_string *)trace_at(target))->text, "eventfd");
}

/* Nothing is there but the eventfd that this very thread wrote to in its latest turn (GLib does so
 * when a callback's source changes hands): that is no work. */
static int woke_itself(const struct turns *turns, const struct wait_facts *facts, long result)
{
    int fd = result == 1 ? ready_fd(turns->loop, facts) : -1;
    for (uint32_t i = 0; fd >= 0 && i < turns->written && i < TURN_WRITTEN; i++)
        if (turns->wrote[i] == fd)
            return is_eventfd(fd);
    return 0;
}

/* Did the wait have to sleep? After a stall the thread is asked: one that lost its CPU in the wait
 * takes long, too, and there the answer is the stall's harm. */
static int has_slept(const struct turns *turns, uint64_t wait)
{
    if (wait < clock_ticks(READY_AT_ONCE))
        return 0;
    return !turns->stalled || !turns->sleeps || trace_sealed() ||
           clock_thread_sleeps() != turns->sleeps;
}

static void turn_begin(struct turns *turns, const struct wait_facts *facts, uint64_t start,
                       uint64_t end, long result)
{
    struct trace_wait_point *w = turns->loop->record;
    uint64_t wait = end > start ? end - start : 0;
    int slept = has_slept(turns, wait);
    if (result > 0 && !slept) {
        w->ready_at_once++;
        if (turns->stalled && !woke_itself(turns, facts, result)) {
            w->harmful++;
            w->harmful_ticks += turns->stalled;
            if (turns->stalled_entry)
                turns->stalled_entry->next_ready = 1;
        }
    }
    turns->stalled = 0;
    if (!turns->cpu || (slept && (turns->cpu_others >= thread_threshold || ++turns->naps >= NAPS)))
        cpu_read(turns);
    else if (!slept)
        turns->cpu_others += wait;
    turns->start = end;
    turns->wait = wait;
    turns->ready = (int32_t)result;
    turns->slots = 0;
    turns->written = 0;
    turns->number = ++turns->last_number ? turns->last_number : ++turns->last_number;
}

void turn_leave(struct thread *t, struct turn_point *p, const struct wait_facts *facts,
                struct trace_slot *slot, uint64_t start, uint64_t end, long result)
{
    struct turns *turns = &t->turns;
    if (p->visits < TURN_FIRST)
        p->first[p->visits] = trace_id(slot);
    p->visits++;
    p->blocked |= facts->may_block || end - start > clock_ticks(READY_AT_ONCE);
    if (!p->record && (p->hub || p->visits >= RECURS))
        point_record(t, p);
    struct trace_wait_point *w = p->record;
    if (w) {
        point_context(p, facts, slot->context);
        w->call = p->call;
        w->fd = p->fd;
        w->visits = p->visits;
        w->wait_ticks += end > start ? end - start : 0;
        w->empty += result == 0;
        w->flags |= p->blocked ? WAIT_MAY_BLOCK : 0;
        w->flags |= p->hub ? WAIT_HUB : 0;
        if (facts->fds > w->most_fds)
            w->most_fds = facts->fds;
    }
    turns->rivals = p == turns->loop ? 0 : turns->rivals + 1;
    consider(t, p, end);
    if (p != turns->loop)
        return;
    slot->flags |= SLOT_LOOP_WAIT;
    turn_begin(turns, facts, start, end, result);
}
