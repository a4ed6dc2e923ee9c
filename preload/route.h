/* SPDX-License-Identifier: MIT
 *
 * Which calls are routed, and the switch that every wrapper looks at: 0 in a process that only
 * observes. Otherwise the wrapper goes aside (interpose.c): everything about routing lies there.
 */
#ifndef SHUNT_ROUTE_H
#define SHUNT_ROUTE_H

#include "guard.h"
#include "hot.h"
#include "kept.h"
#include "policy_force.h"
#include "trace_format.h"

#include <stdint.h>

/* The word of the control page; a 0 of our own before there is a trace. */
extern const uint32_t *route_switch HOT_DATA;

#define ROUTE_ASIDE() __builtin_expect(__atomic_load_n(route_switch, __ATOMIC_RELAXED) != 0, 0)

/* Switched off: everything in place, nothing observed. */
#define ROUTE_IS_OFF() \
    __builtin_expect((__atomic_load_n(route_switch, __ATOMIC_RELAXED) & TRACE_ASIDE_OFF) != 0, 0)

/* Green threads may be parked here: a lock is not over with being taken or given back. */
#define ROUTE_IS_GREEN() \
    __builtin_expect((__atomic_load_n(route_switch, __ATOMIC_RELAXED) & TRACE_ASIDE_GREEN) != 0, 0)

/* Either: the quick way of a free lock is closed. */
#define ROUTE_LOOKS_AT_LOCKS()                                          \
    __builtin_expect((__atomic_load_n(route_switch, __ATOMIC_RELAXED) & \
                      (TRACE_ASIDE_OFF | TRACE_ASIDE_GREEN)) != 0,      \
                     0)

/* Switched off, for a call that is about to be made: its thread's turn is not known from here on.
 * Not while green threads of the thread are parked: what they hold is theirs until they are back.
 */
static inline int route_is_off(void)
{
    if (!ROUTE_IS_OFF() || (ROUTE_IS_GREEN() && kept_parked()))
        return 0;
    turn_pause(&thread_self->turns);
    return 1;
}

/* Reads what the environment asks for, before it is hidden. Constructor only. */
void route_read(void);

/* Prepares pools, signals and the rest if any call is to be routed. Constructor only, with a trace
 * open. */
void route_start(void);

struct route_answer {
    uint8_t asked;  /* a rule wants the call to go another way, or might */
    uint8_t wanted; /* enum trace_route: where to */
    uint8_t reason; /* enum trace_reason: it stays in spite of that; REASON_NONE: let it go */
    uint16_t pool;  /* to this one */
    uint32_t rule;  /* id of the record of the rule that took the call; 0 none */
    struct force_limits limits;
};

/* A rule of the policy in force is green. Any context. */
void route_note_green(void);

/* What is to be done with a call that is about to be made. errno is kept. */
struct route_answer route_ask(struct visit *v);

#endif
