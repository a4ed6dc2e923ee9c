/* SPDX-License-Identifier: MIT
 *
 * One call's trip to a worker and back: the caller's contract with libc holds. It sleeps until the
 * call is over; a signal handler that runs meanwhile ends the call as the kernel would have ended
 * it here (EINTR, or a restart); cancellation, longjmp and pthread_exit end it before they leave.
 */
#ifndef SHUNT_HANDOFF_H
#define SHUNT_HANDOFF_H

#include "guard.h"
#include "pool.h"

#include <stdint.h>

enum { HANDOFF_ARGUMENTS = 8 };

/* What the frames of a call look like. */
struct handoff_shape {
    uint16_t size;
    uint16_t returned; /* offset of the result */
    uint16_t returned_size;
    uint16_t place[HANDOFF_ARGUMENTS]; /* offsets of the arguments */
    uint32_t pointers;                 /* bit i: argument i is a pointer */
    uint32_t texts;                    /* ... a `const char *` */
};

/* A call as moved.c describes it. */
struct handoff_call {
    int (*run)(void *frame); /* makes it; 0, or the error number of its failure */
    void *frame;
    const long *arguments;
    const struct handoff_shape *shape;
    uint16_t call;
};

/* One signal handler of the program's that runs on this thread. */
struct handoff_handler {
    struct handoff_handler *outer;
};

/* What the latest call of this thread came to, for the trace. */
struct handoff_outcome {
    uint8_t route;  /* enum trace_route */
    uint8_t reason; /* enum trace_reason */
    uint8_t asked;  /* a rule wanted it to go another way */
    uint8_t aborted;
    uint8_t expired; /* its deadline ended it */
    uint8_t wanted;  /* enum trace_route: where it was to go */
    uint8_t way;     /* enum trace_green, of a green one */
    uint16_t pool;   /* that it was for */
    uint32_t rule;   /* record id of the rule that took it; 0: none */
    uint64_t handoff_ticks;
    uint64_t run_ticks;
    uint64_t parked_ticks; /* green: while others ran */
};

/* A call of this thread's that a worker makes. Written by the thread and its handlers. */
struct handoff_trip {
    struct pool_worker *worker;
    uintptr_t frame;   /* of the wrapper */
    uint64_t deadline; /* ns of CLOCK_MONOTONIC, at which it is ended; 0 none */
    uint32_t handlers; /* that ran; marks: POOL_PLAIN and POOL_RESTART, what they were */
    uint16_t call;
    uint8_t marks;
    uint8_t unwanted; /* pthread_cancel, or whoever leaves it, wants it to end */
    uint8_t aborting;
    uint8_t expired; /* its time is over */
    uint8_t over;    /* what the worker said is here: */
    uint8_t restarts;
    int32_t failed;
    int32_t error;
    int32_t raised;
};

struct handoff_self {
    struct handoff_trip *trip; /* NULL none */
    struct handoff_handler *handler;
    uint32_t own_state; /* enum trace_reason: why this thread's calls stay with it; 0 none */
    uint32_t known;     /* the end of this thread is known to us */
    struct handoff_outcome outcome;
};
extern __thread struct handoff_self handoff_self __attribute__((visibility("hidden")));

/* Makes the call on a worker of the pool, and returns 1 when it is over; errno is as the call left
 * it. After `deadline_ns` (0 never) it is ended, and fails with ETIMEDOUT: only for calls that may
 * have a deadline (policy_bounds.h). 0: it is to be made in place, for *reason (enum trace_reason);
 * errno is kept. */
int handoff_away(const struct visit *v, const struct handoff_call *call, unsigned pool,
                 uint64_t deadline_ns, int *reason);

/* May the calling thread be cancelled in this call? */
int handoff_is_cancellation_point(uint16_t call);

/* A handler of the program's is about to run on the calling thread, with SA_RESTART (POOL_RESTART)
 * or without (POOL_PLAIN): interrupts the call that a worker makes for the thread. */
void handoff_interrupt(uint32_t mark);

/* pthread_cancel was called for a thread. */
void handoff_cancelled(pthread_t thread);

/* Ends the calling thread's call on a worker, if there is one: nothing of its frame is touched
 * afterwards. */
void handoff_abandon(void);

/* Is control in a handler of the program's, as seen from a frame? Forgets handlers that were left
 * by other ways than a return or longjmp. */
int handoff_in_handler(uintptr_t frame);

/* Why a call does not leave the moment in which it is made (enum trace_reason): inside another one
 * or a handler, no clock, a vfork child. REASON_NONE: no such thing. */
int handoff_kept_in_place(const struct visit *v);

/* The thread's end is to be known from now on, for calls of its are made by workers. */
void handoff_know_thread(void);

/* Raises a signal for the calling thread as the kernel does it: from itself. */
void handoff_raise(int number);

/* Constructor only; 0 or an error number. */
int handoff_start(void);

#endif
