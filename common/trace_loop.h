/* SPDX-License-Identifier: MIT
 *
 * THREAD records of recurring waits: loops and candidates for one, with their turns.
 */
#ifndef SHUNT_TRACE_LOOP_H
#define SHUNT_TRACE_LOOP_H

#include "trace_record.h"

#include <stdint.h>

#define TRACE_TURN_SLOTS 4u
#define TRACE_TURNS      8u
#define TRACE_SLICES     64u

/* One turn of a loop. */
struct trace_turn {
    uint64_t start;  /* ticks at which the wait returned */
    uint64_t length; /* until the next wait; 0: empty entry */
    uint64_t wait;   /* length of the wait before it */
    int32_t ready;   /* what that wait returned */
    uint32_t
        next_ready; /* 1: the wait after it returned at once with work: the stall was harmful */
    uint64_t cpu;   /* ticks that the thread was on a CPU in it; 0: none, or not measured */
    struct {
        uint32_t slot;  /* record id; 0: none */
        uint32_t calls; /* in this turn */
        uint64_t ticks;
    } top[TRACE_TURN_SLOTS];
};

enum trace_wait_flag {
    WAIT_CHOSEN = 1,    /* the thread's loop at the end of the trace */
    WAIT_MAY_BLOCK = 2, /* at least one visit was allowed to block */
    WAIT_HUB = 4        /* a green runtime's hub: whichever call it waits in; `call` is one */
};

/* A recurring wait: same call, return address and epoll fd. Turn figures run while it was chosen.
 */
struct trace_wait_point {
    struct trace_record head;
    uint16_t call;
    uint16_t flags;            /* enum trace_wait_flag */
    int32_t fd;                /* epoll fd, or -1 */
    uint32_t context;          /* record id of the shortest chain that led here */
    uint32_t depth;            /* frames of that chain, those counted that it has no room for */
    uint32_t most_fds;         /* largest set waited for; 0 not a set */
    uint32_t stalls_histogram; /* record id */
    uint64_t visits;
    uint64_t wait_ticks;
    uint64_t ready_at_once; /* visits that found work there: within 20 us, or without a sleep */
    uint64_t empty;         /* visits that timed out */
    uint64_t chosen_at;
    uint64_t turns;
    uint64_t turn_ticks;
    uint64_t stalls; /* turns of at least threshold ticks */
    uint64_t stall_ticks;
    uint64_t harmful; /* stalls after which work was ready at once */
    uint64_t harmful_ticks;
    uint64_t slice_ticks;         /* width of a slice of the timeline; doubles when it is full */
    uint64_t slice[TRACE_SLICES]; /* stall ticks by time since chosen_at */
    struct trace_turn worst[TRACE_TURNS];
    uint64_t stall_cpu;      /* ticks that the thread was on a CPU in stalls */
    uint64_t stall_measured; /* ... known for this part of stall_ticks */
    uint64_t reserved[6];
};

_Static_assert(sizeof(struct trace_turn) == 104, "turn");
_Static_assert(sizeof(struct trace_wait_point) % 8 == 0, "wait point");

#endif
