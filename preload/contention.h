/* SPDX-License-Identifier: MIT
 *
 * A thread's lock records: for which locks its calls waited and who held them, and which calls
 * blocked while it held one. One record per distinct fact, with count and time.
 */
#ifndef SHUNT_CONTENTION_H
#define SHUNT_CONTENTION_H

#include "trace_format.h"

#include <stdint.h>

struct thread;

/* Adds one call of `ticks` to the record that says the same as `fact`: all of it but head.type,
 * count, ticks, max and next, with the kind in head.aux. Counted as lost without room. The thread
 * itself, any signal context. */
void contention_add(struct thread *t, const struct trace_lock *fact, uint64_t ticks);

/* Do two records say the same? */
int contention_same(const struct trace_lock *a, const struct trace_lock *b);

#endif
