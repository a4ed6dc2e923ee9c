/* SPDX-License-Identifier: MIT
 *
 * RING: one entry for each call that blocked, the latest ones.
 */
#ifndef SHUNT_TRACE_EVENT_H
#define SHUNT_TRACE_EVENT_H

#include <stdint.h>

/* One call that blocked. `seq` is the event's number + 1, stored last (release): an entry whose seq
 * does not fit its place is being written, or was lost with its writer. */
struct trace_event {
    uint64_t seq;
    uint64_t start;
    uint64_t ticks;
    int64_t result;
    uint32_t context;
    uint32_t target;
    int32_t pid;
    int32_t tid;
    uint16_t call;
    uint16_t error;    /* errno, 0 if it succeeded; EAI_* as a positive number */
    uint8_t route;     /* enum trace_route */
    uint8_t reason;    /* enum trace_reason */
    uint8_t runtime;   /* reserved */
    uint8_t flags;     /* 1: nested in another call */
    uint32_t greenlet; /* number of the green thread in its process, from 1; 0: none */
    uint32_t slot;
};

_Static_assert(sizeof(struct trace_event) == 64, "event");

#endif
