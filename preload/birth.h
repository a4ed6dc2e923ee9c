/* SPDX-License-Identifier: MIT
 *
 * Spawn points: where threads are started, how many of them live, and for how long. A point is
 * (start routine, chain of the call that started it). Counted for threads that are made through a
 * wrapper, whether they make calls of their own or not.
 */
#ifndef SHUNT_BIRTH_H
#define SHUNT_BIRTH_H

#include "trace_format.h"

/* A thread that is being made: what it is to run, for whoever begins it. */
struct birth {
    union {
        void *(*thread)(void *);
        int (*c11)(void *);
    } start;
    void *argument;
    uint32_t spawn; /* record id; 0 no room */
    uint32_t taken;
};

/* Before a thread is made: NULL when too many are being made at once; it then starts uncounted.
 * `routine` is where it starts, `context` the chain of the caller (record id; 0 unknown). */
struct birth *birth_claim(int32_t pid, uintptr_t routine, uint32_t context);
void birth_release(struct birth *birth);

/* On the new thread, first of all. */
void birth_began(uint32_t spawn);

/* The calling thread ends; may be called again. */
void birth_ended(void);

/* The calling thread is of this spawn point, as it turns out. */
void birth_move(uint32_t spawn);

/* One more, and one less that began at `born`, whatever it is. */
void birth_count(uint32_t spawn);
void birth_count_end(uint32_t spawn, uint64_t born);

/* Raises a peak to a value. */
void birth_raise(uint32_t *peak, uint32_t value);

/* Spawn point of the calling thread; 0: not known. */
uint32_t birth_here(void);

/* In a fork child: it began in fork, and its parent's threads are not there. */
void birth_forget(void);

#endif
