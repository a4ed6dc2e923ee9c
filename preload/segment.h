/* SPDX-License-Identifier: MIT
 *
 * A thread's own chunks in the trace: its THREAD record, slots, histograms and wait points. One
 * writer, the thread; signal handlers of the thread may allocate in between.
 */
#ifndef SHUNT_SEGMENT_H
#define SHUNT_SEGMENT_H

#include "trace_format.h"

#include <stddef.h>

struct segment {
    struct trace_chunk *chunk; /* the one being filled; it links back to those before */
    int32_t pid;
    int32_t tid;
    uint64_t start;
};

/* Claims the first chunk and its THREAD record (pending); NULL when the file is full (counted). */
struct trace_thread *segment_open(struct segment *s, int pid, int tid, uint64_t start);

/* A zeroed, pending record of `bytes`; NULL when the file is full (counted). */
struct trace_record *segment_new(struct segment *s, size_t bytes);

/* Calls `visit` with every committed record of a type; stops at the first it returns non-zero for,
 * and returns that record, else NULL. */
struct trace_record *segment_each(const struct segment *s, uint16_t type,
                                  int (*visit)(struct trace_record *, void *), void *data);

/* Gives the chunks back, for other threads and for fork children to use again. */
void segment_release(struct segment *s);

#endif
