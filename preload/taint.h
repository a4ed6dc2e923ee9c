/* SPDX-License-Identifier: MIT
 *
 * A thread that acquires rights, name spaces or an order of its own: what a worker does for it
 * would be done with those of the process. From the acquiring call on, before it is made, its calls
 * run in place, for good.
 */
#ifndef SHUNT_TAINT_H
#define SHUNT_TAINT_H

#include <stdint.h>

/* enum trace_reason: why no call of the process may move any more; 0 none. */
extern uint32_t taint_process;

/* A signalfd was made: what polls it depends on who polls. */
extern uint32_t taint_signalfd;

/* A thread of the process was cancelled. */
extern uint32_t taint_cancel;

/* The program limits a resource that routing needs. */
void taint_by_limit(int resource, uint64_t most);

/* Puts itself into the place of the next definitions of the setters. Constructor only. */
void taint_start(void);

#endif
