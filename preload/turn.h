/* SPDX-License-Identifier: MIT
 *
 * Loops: finds a thread's recurring wait point and measures its turns. A wait point is (call,
 * return address, epoll fd), and without an epoll fd the place on the stack or the set that it
 * waits for, too: a library's wait may be reached from the loop and again from inside its turns.
 * Under Python the function that waits is part of it: all that wait in one way return to one place
 * in the interpreter. The hub of a green runtime is one wait point, whichever call it waits in.
 * The one that is the thread's loop is chosen while the program runs, and its turns are the times
 * between its returns and its next calls.
 */
#ifndef SHUNT_TURN_H
#define SHUNT_TURN_H

#include "calls.h"
#include "trace_format.h"

#include <stddef.h>
#include <stdint.h>

enum { TURN_POINTS = 16, TURN_FIRST = 3, TURN_WRITTEN = 4 };

struct thread;

struct turn_point {
    uintptr_t caller;
    uintptr_t frame;                 /* outermost one seen */
    uintptr_t counted;               /* from where frames were counted; 0: not yet */
    const void *set;                 /* latest one seen */
    uint64_t function;               /* of Python; 0: none */
    struct trace_wait_point *record; /* NULL until it has recurred */
    uint64_t visits;
    uint32_t first[TURN_FIRST]; /* record ids: slots of the first visits */
    int32_t fd;
    uint16_t call;
    uint8_t hub;
    uint8_t blocked; /* a visit blocked, or was allowed to */
};

struct turns {
    uint32_t number; /* of the turn under way; 0: none, the loop waits */
    uint32_t slots;  /* record id: list of the slots of the turn under way */
    struct turn_point point[TURN_POINTS];
    struct turn_point *loop; /* the chosen one, or NULL */
    uint32_t count;          /* points in use */
    uint32_t last_number;
    uint32_t rivals;  /* visits of one rival since the loop's latest */
    uint32_t alone;   /* polls of one fd, the hub's left out: what waits in place does */
    int32_t ready;    /* what the wait before it returned */
    uint32_t written; /* fds that the turn wrote to, the first of each chain */
    int32_t wrote[TURN_WRITTEN];
    uint64_t start;
    uint64_t wait;
    uint64_t cpu;        /* ns of the thread's CPU clock when it was last read; 0: not yet */
    uint64_t cpu_others; /* ticks of shorter turns since, and of waits that did not sleep */
    uint32_t naps;       /* waits that slept since */
    uint64_t stalled;    /* length of the latest turn if it was a stall, else 0 */
    uint64_t sleeps;     /* clock_thread_sleeps at its end */
    struct trace_turn *stalled_entry; /* its entry among the worst, or NULL */
};

/* What a wrapper of the poll family knows of its call. */
struct wait_facts {
    uintptr_t frame;   /* of the wrapper */
    const void *set;   /* where the array of fds lies, NULL unknown; read only when the wait has
                          found something there */
    uint64_t function; /* of Python, that waits; 0: none */
    int32_t fd;        /* epoll fd, or -1 */
    uint32_t fds;      /* size of the set, 0 not a set */
    uint8_t may_block; /* by its timeout, as far as that is known without reading memory */
    uint8_t unbounded; /* no timeout */
    uint8_t hub;       /* made by the frame in which a green runtime's hub waits */
};

/* Before a wait: ends the turn under way if this is the loop's. Returns the point, NULL if the
 * table is full (counted). */
struct turn_point *turn_enter(struct thread *t, uint16_t call, uintptr_t caller,
                              const struct wait_facts *facts, uint64_t now);

/* After it: starts the next turn if it was the loop's; chooses the loop. `slot` gives the chain,
 * and is marked as a way to the loop's wait. */
void turn_leave(struct thread *t, struct turn_point *point, const struct wait_facts *facts,
                struct trace_slot *slot, uint64_t start, uint64_t end, long result);

/* Forgets the turn under way: observing stops, and what follows is not known. */
static inline void turn_pause(struct turns *turns)
{
    if (!turns->number)
        return;
    turns->number = 0;
    turns->slots = 0;
    turns->stalled = 0;
    turns->stalled_entry = NULL;
    turns->cpu = 0;
}

/* Adds a call, on `fd` or -1, to the turn under way. On the call path. */
static inline void turn_count(struct turns *turns, struct trace_slot *slot, uint32_t id, int fd,
                              uint64_t ticks)
{
    if (slot->turn != turns->number) {
        slot->turn = turns->number;
        slot->turn_calls = 0;
        slot->turn_ticks = 0;
        slot->turn_next = turns->slots;
        turns->slots = id;
        if (slot->call == CALL_write || slot->call == CALL_eventfd_write)
            turns->wrote[turns->written++ % TURN_WRITTEN] = fd;
    }
    slot->turn_calls++;
    slot->turn_ticks += ticks;
}

#endif
