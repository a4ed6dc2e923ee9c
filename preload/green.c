/* SPDX-License-Identifier: MIT
 *
 * See green.h. What the interpreter does is told by CPython's Python/pystate.c (push_chunk,
 * _PyThreadState_PopFrame; 3.11 to 3.13) and greenlet's TPythonState.cpp (2.0: did_finish): the
 * memory of a greenlet's frames is DATA_STACK_CHUNK_SIZE long, begins with a head and the outermost
 * frame, and is mapped while no frame is there. More of it is mapped for deep calls, under frames.
 */
#include "green.h"

#include "birth.h"
#include "clock.h"
#include "green_end.h"
#include "guard.h"
#include "python_layout.h"
#include "python_walk.h"
#include "raw.h"
#include "spawn_point.h"
#include "trace.h"

enum {
    GREEN_ROOM = 16384, /* entries, power of two: 512 KiB of address space */
    GREEN_MOST = GREEN_ROOM / 2,
    PIECE = 16384, /* DATA_STACK_CHUNK_SIZE */
    PAGE_BITS = 12,
    PIECES_SINCE = 11 /* CPython 3.11 */
};

struct green_entry {
    uint64_t key; /* 0: free */
    uint64_t born;
    uint32_t number;
    uint32_t spawn;   /* record id; 0: it made no call yet that tells */
    uint32_t counted; /* 1: counted as alive at its spawn point */
    uint32_t seen_born;
};

/* Not in the thread's state, for a fork wipes that; the table itself is wiped, too. */
static __thread struct green_entry *mapped;

static uint32_t numbers; /* handed out, in this process */

static int has_pieces(void)
{
    return python.layout.minor >= PIECES_SINCE;
}

static uint64_t key_of(const void *frame)
{
    return has_pieces() ? (uintptr_t)frame >> PAGE_BITS << PAGE_BITS : (uintptr_t)frame;
}

static uint32_t first_place(uint64_t key)
{
    return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) & (GREEN_ROOM - 1);
}

static uint32_t after(uint32_t place)
{
    return (place + 1) & (GREEN_ROOM - 1);
}

static struct green_entry *find(struct green *g, uint64_t key)
{
    for (uint32_t i = first_place(key); g->entry && g->entry[i].key; i = after(i))
        if (g->entry[i].key == key)
            return &g->entry[i];
    return NULL;
}

static struct green_entry *add(struct green *g, uint64_t key)
{
    if (!mapped && !trace_sealed())
        mapped = thread_map(GREEN_ROOM * sizeof *mapped);
    g->entry = mapped;
    if (!mapped || g->live >= GREEN_MOST) {
        trace_lose(TRACE_LOSS_SPAWNS, 1);
        return NULL;
    }
    uint32_t place = first_place(key);
    while (g->entry[place].key)
        place = after(place);
    g->live++;
    g->entry[place] = (struct green_entry){.key = key, .born = clock_now()};
    return &g->entry[place];
}

/* Takes an entry out: those behind it that would no longer be found move up. */
static void take_out(struct green *g, uint32_t place)
{
    uint32_t gap = place;
    for (uint32_t i = after(place); g->entry[i].key; i = after(i)) {
        uint32_t home = first_place(g->entry[i].key);
        if (((i - home) & (GREEN_ROOM - 1)) < ((i - gap) & (GREEN_ROOM - 1)))
            continue;
        g->entry[gap] = g->entry[i];
        gap = i;
    }
    g->entry[gap].key = 0;
    g->live--;
}

/* 0: a signal handler interrupted a change of the table. */
static int enter(struct green *g)
{
    return !g->busy && ++g->busy;
}

static void leave(struct green *g)
{
    g->busy = 0;
}

/* ---- births and ends ---- */

static void born_at(struct green_entry *e, uint32_t spawn)
{
    e->spawn = spawn;
    if (!spawn)
        return;
    struct trace_spawn *s = trace_at(spawn);
    e->counted = 1;
    if (!e->seen_born)
        __atomic_fetch_or(&s->flags, SPAWN_AT_LEAST, __ATOMIC_RELAXED);
    birth_count(spawn);
}

static void note_end(struct trace_spawn *s, enum green_end end)
{
    if (end == GREEN_END_UNKNOWN)
        return;
    __atomic_fetch_or(&s->flags, SPAWN_ENDS_TOLD, __ATOMIC_RELAXED);
    if (end == GREEN_END_KILLED)
        __atomic_fetch_add(&s->killed, 1, __ATOMIC_RELAXED);
    else if (end == GREEN_END_TIMED_OUT)
        __atomic_fetch_add(&s->timed_out, 1, __ATOMIC_RELAXED);
    else if (end == GREEN_END_FAILED)
        __atomic_fetch_add(&s->failed, 1, __ATOMIC_RELAXED);
}

static void ended(struct thread *t, const struct green_entry *e, enum green_end end)
{
    uint32_t spawn = e->spawn;
    if (!e->counted) {
        /* it lived and made no call that told where it is from */
        const struct trace_spawn like = {.head.aux = SPAWN_GREEN, .pid = t->record->pid};
        spawn = trace_spawn(&like);
        if (spawn)
            birth_count(spawn);
    }
    if (spawn) {
        note_end(trace_at(spawn), end);
        birth_count_end(spawn, e->born);
    }
}

static struct thread *observed(void)
{
    struct thread *t = thread_self;
    return t->epoch && t->epoch == __atomic_load_n(&observe_epoch, __ATOMIC_ACQUIRE) ? t : NULL;
}

void green_mapped(const void *address, size_t length)
{
    struct thread *t = length == PIECE && has_pieces() ? observed() : NULL;
    const void *state = t ? python_thread() : NULL;
    if (!state || python_is_running(state) || !enter(&t->green))
        return;
    struct green *g = &t->green;
    uint64_t key = key_of(address);
    if (!g->own)
        g->own = key; /* the thread's own frames come first */
    else if (!find(g, key)) {
        struct green_entry *e = add(g, key);
        if (e)
            e->seen_born = 1;
    }
    leave(g);
}

void green_unmapping(const void *address, size_t length)
{
    struct thread *t = length == PIECE && has_pieces() ? observed() : NULL;
    if (!t || !enter(&t->green))
        return;
    struct green *g = &t->green;
    uint64_t key = key_of(address);
    struct green_entry *e = find(g, key);
    if (key == g->own)
        g->own = 0; /* the state of this thread is gone, and it may get another */
    if (e) {
        const void *state = python_thread();
        ended(t, e, state ? green_end_of(state) : GREEN_END_UNKNOWN);
        take_out(g, (uint32_t)(e - g->entry));
    }
    if (key == g->key)
        g->key = 0;
    leave(g);
}

/* ---- calls ---- */

static uint32_t pyframe_of(const struct visit *v)
{
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    const struct trace_context *context = slot && slot->context ? trace_at(slot->context) : NULL;
    return context ? context->pyframe : 0;
}

/* The thread's own frames tell what a thread of Python's runs, which its start routine does not. 0:
 * not yet. */
static int refine_thread(const struct visit *v)
{
    struct thread *t = v->thread;
    uint32_t known = t->record->spawn;
    if (!known || ((struct trace_spawn *)trace_at(known))->pyframe)
        return 1;
    uint32_t spawn = spawn_point_of_thread(known, pyframe_of(v));
    if (!spawn)
        return 0;
    birth_move(spawn);
    t->record->spawn = spawn;
    return 1;
}

static void enter_green(const struct visit *v, struct green_entry *e)
{
    struct green *g = &v->thread->green;
    if (!e->number)
        e->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
    if (!e->spawn)
        born_at(e, spawn_point_of_green(v->thread->record->pid, pyframe_of(v)));
    g->number = e->number;
    g->spawn = e->spawn;
    g->key = e->spawn ? e->key : 0; /* else asked again at its next call */
}

static __attribute__((noinline)) void enter_other(struct visit *v, uint64_t key)
{
    struct green *g = &v->thread->green;
    if (!enter(g))
        return;
    struct green_entry *e = NULL;
    if (!g->own)
        g->own = key;
    if (key != g->own && !(e = find(g, key)))
        e = add(g, key);
    if (e) {
        enter_green(v, e);
    } else {
        g->number = g->spawn = 0;
        g->key = refine_thread(v) ? key : 0;
    }
    leave(g);
}

HOT_TEXT void green_enter(struct visit *v, const void *state, const void *outermost)
{
    const struct green *g = &v->thread->green;
    if (has_pieces() && !g->live && g->own && g->key == g->own)
        return;
    const void *frame = outermost ? outermost : python_outermost(state);
    uint64_t key = frame ? key_of(frame) : g->own;
    if (key != g->key)
        enter_other(v, key);
}

void green_leave(void)
{
    if (mapped && !trace_sealed())
        raw_munmap(mapped, GREEN_ROOM * sizeof *mapped);
    mapped = NULL;
}

/* ---- what they wait for ---- */

void green_blocked(struct thread *t, uint64_t ticks)
{
    if (!t->green.spawn)
        return;
    struct trace_spawn *s = trace_at(t->green.spawn);
    __atomic_fetch_add(&s->blocked, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&s->blocked_ticks, ticks, __ATOMIC_RELAXED);
    birth_raise(&s->in_flight_peak, __atomic_load_n(&s->in_flight, __ATOMIC_RELAXED) + 1);
}

void green_pending(uint32_t spawn)
{
    if (!spawn)
        return;
    struct trace_spawn *s = trace_at(spawn);
    birth_raise(&s->in_flight_peak, __atomic_add_fetch(&s->in_flight, 1, __ATOMIC_RELAXED));
}

void green_pending_end(uint32_t spawn)
{
    if (spawn)
        __atomic_fetch_sub(&((struct trace_spawn *)trace_at(spawn))->in_flight, 1,
                           __ATOMIC_RELAXED);
}
