/* SPDX-License-Identifier: MIT
 *
 * The route green: a call made while its green thread is parked and others of its thread run. A
 * call goes in one of three ways: until its descriptor is ready, and then from where it is; until a
 * time; or on a worker, from copies.
 *
 * Nothing of a `__thread` variable survives a wait: the state of a parked call is its own frame's,
 * or lies in its parcel.
 */
#ifndef SHUNT_PARK_H
#define SHUNT_PARK_H

#include "bulkhead.h"
#include "handoff.h"
#include "runtime.h"

#include <stdint.h>

/* A green thread's call that is about to be parked, or is. Lies in the frame of who parks. */
struct park {
    struct visit *visit;
    const struct runtime *runtime;
    uint64_t parked;  /* ticks in its waits */
    uint32_t process; /* parcel_process where it began */
    int64_t deadline; /* ns of CLOCK_MONOTONIC, at which it fails with ETIMEDOUT; 0 none */
    uint8_t switched; /* it was parked at least once */
    uint8_t holding;  /* its green thread holds locks */
    uint8_t interrupted;
    uint8_t expired;        /* its time is over */
    int32_t raised;         /* a signal that the kernel meant for its thread; 0 none */
    uint64_t handoff_ticks; /* on a worker: until it began, and while it ran */
    uint64_t run_ticks;
    uint32_t greenlet; /* whose call it is: as of struct green */
    uint32_t spawn;
    uint64_t key;
    uint64_t thread_start; /* its thread's, in the trace */
    struct places held;    /* places of the call in bulkheads */
};

/* Prepares to park the calling green thread: REASON_NONE, and park_end must follow; or why not
 * (enum trace_reason). Does not ask what the thread holds, nor of what the call is. */
int park_begin(struct park *park, struct visit *v);

/* Parks until `fd` (-1 none) is ready for `events`, or `timeout` nanoseconds went by (below 0: no
 * limit): SHUNT_READY, SHUNT_TIMED_OUT or SHUNT_NOT_PARKED. May come back early. */
int park_wait(struct park *park, int fd, short events, int64_t timeout);

void park_end(struct park *park);

/* Is this a fork child, in which the call goes on that its parent began? */
int park_is_child(const struct park *park);

/* What it is made by, and by when. */
struct park_terms {
    unsigned pool;
    uint64_t deadline_ns; /* after which it fails with ETIMEDOUT; 0 never; only if park_can_end */
};

/* Makes a call in one of the ways; 1: it is over, the result in its frame, errno as it left it. 0:
 * it is still to be made, and *reason says why (enum trace_reason). */
int park_make(struct visit *v, const struct handoff_call *call, const struct park_terms *terms,
              int *reason);

/* Can it be ended while it is parked? Not one that a worker makes. */
int park_can_end(const struct handoff_call *call);

#endif
