/* SPDX-License-Identifier: MIT
 *
 * Deep copies of what a call's arguments point to: a worker makes the call from them while the
 * caller's green thread is parked, whose stack may lie elsewhere meanwhile. What the call wrote is
 * copied back when the green thread runs again.
 */
#ifndef SHUNT_BOUNCE_H
#define SHUNT_BOUNCE_H

#include "handoff.h"
#include "parcel.h"

/* A worker's frame of the call, in the parcel, with copies instead of what lies with the caller.
 * REASON_NONE, or why the call stays in place (enum trace_reason). errno may change. */
int bounce_pack(struct parcel *parcel, const struct handoff_call *call);

/* The result and what was written into copies, back into the caller's frame and memory, where the
 * parcel says what became of the call. 0, or EFAULT: the caller's memory cannot be written. */
int bounce_unpack(const struct parcel *parcel, const struct handoff_call *call);

/* Copies between this process's memory and itself where one side may not be there: 0 or EFAULT. */
int bounce_read(void *to, const void *from, size_t size);
int bounce_write(void *to, const void *from, size_t size);

#endif
