/* SPDX-License-Identifier: MIT
 *
 * A second, small reader of trace files, written from trace_format.h alone. The tests judge the
 * preload through it, so it shares no code with analyzer/: a mistake would have to be made twice.
 */
#ifndef TESTS_TRACE_WALK_H
#define TESTS_TRACE_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "trace_format.h"

struct trace {
    const char *path;
    const uint8_t *data;
    size_t size;
    const struct trace_header *header;
};

/* Called for each committed record, in file order; chunk is the one it lies in. */
typedef void trace_visitor(const struct trace *trace, const struct trace_chunk *chunk,
                           const struct trace_record *record, void *arg);

/* Reads the file and checks its header. 0, or -1 after printing one sentence. */
int trace_load(struct trace *trace, const char *path);
void trace_unload(struct trace *trace);

/* Visits every record. 0, or -1 after printing where the file breaks its own rules. */
int trace_each(const struct trace *trace, trace_visitor *visit, void *arg);

/* Visits the events that the ring still holds. */
typedef void trace_event_visitor(const struct trace *trace, const struct trace_event *event,
                                 void *arg);
void trace_each_event(const struct trace *trace, trace_event_visitor *visit, void *arg);

/* The record with this id, or NULL if there is none of that type. */
const void *trace_at(const struct trace *trace, uint32_t id, enum trace_record_type type);

/* The text of a string record; "" for 0. */
const char *trace_text(const struct trace *trace, uint32_t id);

#endif
