/* SPDX-License-Identifier: MIT
 *
 * See birth.h. A new thread cannot be told by its maker which point it is of but through the
 * argument of its start routine: a place in a small table, which it empties before anything else.
 */
#include "birth.h"

#include "arch_x86_64.h"
#include "clock.h"
#include "modules.h"
#include "trace.h"

#include <string.h>

enum { BIRTHS = 256 /* threads that are made and have not begun */ };

static struct birth births[BIRTHS];

/* Not in the thread's state: a thread may never make a call. */
static __thread uint32_t spawned_at; /* record id; 0: not known, or ended */
static __thread uint64_t began;

struct birth *birth_claim(int32_t pid, uintptr_t routine, uint32_t context)
{
    int libc;
    for (unsigned i = 0; i < BIRTHS; i++) {
        uint32_t free = 0;
        if (__atomic_load_n(&births[i].taken, __ATOMIC_RELAXED) ||
            !__atomic_compare_exchange_n(&births[i].taken, &free, 1, 0, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED))
            continue;
        /* read like a return address, it lies in the routine */
        struct trace_spawn like = {.head.aux = SPAWN_THREAD,
                                   .pid = pid,
                                   .context = context,
                                   .frame = modules_frame(routine + 1, &libc)};
        births[i].spawn = trace_spawn(&like);
        return &births[i];
    }
    trace_lose(TRACE_LOSS_SPAWNS, 1);
    return NULL;
}

void birth_release(struct birth *birth)
{
    __atomic_store_n(&birth->taken, 0, __ATOMIC_RELEASE);
}

void birth_raise(uint32_t *peak, uint32_t value)
{
    uint32_t now = __atomic_load_n(peak, __ATOMIC_RELAXED);
    while (value > now &&
           !__atomic_compare_exchange_n(peak, &now, value, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

void birth_count(uint32_t spawn)
{
    struct trace_spawn *s = trace_at(spawn);
    __atomic_fetch_add(&s->born, 1, __ATOMIC_RELAXED);
    uint32_t alive = __atomic_add_fetch(&s->alive, 1, __ATOMIC_RELAXED);
    uint32_t peak = __atomic_load_n(&s->peak, __ATOMIC_RELAXED);
    if (alive > peak)
        __atomic_store_n(&s->at_peak, 0, __ATOMIC_RELAXED);
    if (alive >= peak)
        __atomic_fetch_add(&s->at_peak, 1, __ATOMIC_RELAXED);
    birth_raise(&s->peak, alive);
}

void birth_count_end(uint32_t spawn, uint64_t born)
{
    struct trace_spawn *s = trace_at(spawn);
    uint64_t now = clock_now();
    __atomic_fetch_sub(&s->alive, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&s->life_ticks, now > born ? now - born : 0, __ATOMIC_RELAXED);
    __atomic_fetch_add(&s->ended, 1, __ATOMIC_RELEASE);
}

void birth_began(uint32_t spawn)
{
    if (!spawn)
        return;
    began = clock_now();
    spawned_at = spawn;
    birth_count(spawn);
}

void birth_move(uint32_t spawn)
{
    if (!spawned_at || spawned_at == spawn)
        return;
    struct trace_spawn *s = trace_at(spawned_at);
    __atomic_fetch_sub(&s->born, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&s->alive, 1, __ATOMIC_RELAXED);
    spawned_at = spawn;
    birth_count(spawn);
}

void birth_ended(void)
{
    uint32_t spawn = spawned_at;
    spawned_at = 0;
    if (spawn)
        birth_count_end(spawn, began);
}

uint32_t birth_here(void)
{
    return spawned_at;
}

void birth_forget(void)
{
    spawned_at = 0;
    memset(births, 0, sizeof births);
}
