/* SPDX-License-Identifier: MIT
 *
 * The three ways of a parked call, one file each; park.c chooses.
 */
#ifndef SHUNT_PARK_WAYS_H
#define SHUNT_PARK_WAYS_H

#include "parcel.h"
#include "park.h"

/* A way says first whether it takes the call: REASON_NONE, or why the call stays in place; nothing
 * is left to undo. Then, parked, it makes it: 1, or 0 if it could not be parked. */
struct park_timer {
    int clock;
    int64_t until; /* ns of the clock */
};
int park_timer_takes(struct park_timer *timer, const struct handoff_call *call);
int park_timer_go(struct park *park, const struct park_timer *timer,
                  const struct handoff_call *call);

/* Does its descriptor tell when it can be made? */
int park_ready_takes(const struct handoff_call *call);
int park_ready_go(struct park *park, const struct handoff_call *call, unsigned pool, int *reason);

/* A call that is ready now, and made so that one who is quicker does not keep this thread in it:
 * with *result, or -errno; or it was too late, and waits again; or it was not made, and *reason
 * says why (enum trace_reason). */
enum park_tried { PARK_MADE, PARK_TOO_LATE, PARK_NOT_TRIED };
enum park_tried park_beside_rivals(struct park *park, const struct handoff_call *call,
                                   unsigned pool, long *result, int *reason);

/* Is it one of those that several wait in at a time, as a rule? */
int park_has_rivals(const struct handoff_call *call);

/* On a worker; 0 when there is none, and *reason says why. */
int park_pool_go(struct park *park, const struct handoff_call *call, struct parcel *parcel,
                 unsigned pool, int *reason);

/* Has a worker do what the parcel says, while the green thread is parked: 1 when that is over; 0,
 * and why, if there is no worker; -1 in a fork child, which has neither worker nor parcel. */
int park_pool_run(struct park *park, struct parcel *parcel, unsigned pool, int *reason);

/* The time until the park's deadline, if that is nearer than `left` (ns; below 0: no limit). */
int64_t park_left(const struct park *park, int64_t left);

/* The call's time is over: it fails with ETIMEDOUT. */
void park_expire(struct park *park, const struct handoff_call *call);

/* What is in the frame of a call that was made: its result, or -error if it failed. */
long park_returned(const struct handoff_call *call, int error);

/* Sets the result; errno is kept. */
void park_result(const struct handoff_call *call, long result);

#endif
