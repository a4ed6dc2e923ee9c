/* SPDX-License-Identifier: MIT
 *
 * Places that a thread's calls hold at what many share: a bulkhead, the policy in force. Which call
 * has a place is written in it, and it is noted as the thread's before it is taken: a signal
 * handler may jump out between any two instructions, and whoever leaves gives back what is noted.
 */
#ifndef SHUNT_PLACE_H
#define SHUNT_PLACE_H

#include <stdint.h>

enum { PLACE_DEPTH = 4 }; /* calls of one thread: in a handler, in a handler of that ... */

/* A thread's, and its wrappers' frames. */
struct places {
    uint32_t count;
    struct place {
        uint32_t *at;  /* NULL: none yet */
        uint32_t mark; /* what is written there; 0: it is free */
        uintptr_t frame;
    } hold[PLACE_DEPTH];
};

/* Who jumped out before it was taken gives back what is not his, and that changes nothing. */
static inline void place_give_back(const struct place *hold)
{
    uint32_t mark = hold->mark;
    if (hold->at)
        __atomic_compare_exchange_n(hold->at, &mark, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* 0: it is another's. */
static inline int place_take(uint32_t *at, struct place *hold)
{
    uint32_t none = 0;
    __atomic_store_n(&hold->at, at, __ATOMIC_SEQ_CST);
    return __atomic_load_n(at, __ATOMIC_RELAXED) == 0 &&
           __atomic_compare_exchange_n(at, &none, hold->mark, 0, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

/* Gives back those of this number (from 0) on. */
static inline void places_leave(struct places *self, uint32_t number)
{
    for (uint32_t last = self->count; last > number;) {
        place_give_back(&self->hold[--last]);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        self->count = last;
    }
}

#endif
