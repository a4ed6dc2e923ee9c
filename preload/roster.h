/* SPDX-License-Identifier: MIT
 *
 * Which thread of this process has which record: how the holder of a lock, known by its kernel id,
 * is found by another thread. Without locks; what it leads to may be a moment old, and the memory
 * it leads to is never unmapped.
 */
#ifndef SHUNT_ROSTER_H
#define SHUNT_ROSTER_H

#include "trace_format.h"

/* Any thread and signal context. A thread that finds no room is simply not found. */
void roster_add(int32_t tid, const struct trace_thread *record);
void roster_remove(int32_t tid, const struct trace_thread *record);

/* NULL: not of this process, not known to us, or gone. */
const struct trace_thread *roster_find(int32_t tid);

/* Calls `visit` with at most `most` threads until it returns non-zero; returns that thread, or
 * NULL.
 */
const struct trace_thread *
roster_each(unsigned most, int (*visit)(const struct trace_thread *, void *), void *data);

/* In a fork child: its parent's threads are not there. */
void roster_forget(void);

#endif
