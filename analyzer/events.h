/* SPDX-License-Identifier: MIT
 *
 * Streams the event ring of a trace: each event that is whole, oldest first. Events are read in
 * pieces and never kept, so memory does not grow with their number.
 */
#ifndef SHUNT_EVENTS_H
#define SHUNT_EVENTS_H

#include "reader.h"

struct events_count {
    uint64_t written;     /* by the process */
    uint64_t overwritten; /* the ring was smaller: the oldest went */
    uint64_t torn;        /* being written, or lost with their writer */
    uint64_t read;
};

/* Calls `each` for every event. 0, or -1 with a sentence (the file went away or was replaced). */
int events_read(const struct reader *reader, struct events_count *count,
                void (*each)(void *context, const struct trace_event *event), void *context,
                struct error *error);

#endif
