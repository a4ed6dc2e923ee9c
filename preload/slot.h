/* SPDX-License-Identifier: MIT
 *
 * Slots, one per (call, context) and thread, and histograms, one per (call, Python function
 * that owns it, or first frame outside libc) and thread: found or made when a chain is met for the
 * first time.
 */
#ifndef SHUNT_SLOT_H
#define SHUNT_SLOT_H

#include "trace_format.h"

#include <stdint.h>

struct thread;

/* Whose histogram takes a slot's latencies. */
struct slot_owner {
    uint64_t frame;   /* first frame outside libc */
    uint32_t pyframe; /* record id of a Python frame, whose function it is then; 0: none */
};

/* The slot of (call, context), whose latencies go to the histogram of `owner`; NULL when there is
 * no room. Context 0 is the slot of calls whose chain is not known. */
struct trace_slot *slot_get(struct thread *t, uint16_t call, uint32_t context,
                            const struct slot_owner *owner);

/* The slot of the call that `caller` made from a wrapper whose frame address is `frame`: unwinds,
 * interns and remembers the chain; with the thread's Python frames if `python`, which only may be
 * before the call. NULL when there is no room even for the chainless slot. */
struct trace_slot *slot_learn(struct thread *t, uint16_t call, uintptr_t caller, uintptr_t frame,
                              int python);

/* The function of Python that made the slot's calls, as python_function's number; 0: none. */
uint64_t slot_function(const struct trace_slot *slot);

/* What became of a slot's calls that were to be routed; NULL when there is no room. */
struct trace_routed *slot_routed(struct thread *t, const struct trace_slot *slot);

/* Compares what the memo answered with a real unwind, and its Python frames with what the
 * interpreter says; counts in the thread's record. What it was right about is asked first from now
 * on, unless the call is nested. */
void slot_check(struct thread *t, uintptr_t caller, uintptr_t frame,
                const struct trace_slot *answer, int nested);

#endif
