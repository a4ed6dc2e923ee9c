/* SPDX-License-Identifier: MIT
 *
 * Builds trace files of version 1 in memory, record by record: for unit tests, golden reports and
 * the fuzzer's corpus. What it writes is valid; tests spoil it on purpose through builder_at.
 */
#ifndef SHUNT_TRACE_BUILDER_H
#define SHUNT_TRACE_BUILDER_H

#include "calls.h"
#include "trace_format.h"

#include <stddef.h>

/* One tick is 0.5 ns in all built traces. */
#define BUILDER_TICKS(ns) ((uint64_t)(ns)*2)
#define BUILDER_START     1000000000ull /* ticks of the first clock triple */
#define MS                1000000ull
#define US                1000ull
#define SECONDS           1000000000ull

struct builder {
    uint8_t *bytes;
    size_t size;
    uint32_t meta;   /* offset of the META chunk being filled; 0 none */
    uint32_t thread; /* ... of the THREAD chunk */
    uint16_t modules;
};

/* A file of `chunks` chunks beside those of the table of calls, the first `ring_chunks` (a power of
 * two) of them the ring. */
struct builder *builder_new(int pid, uint32_t chunks, uint32_t ring_chunks);
void builder_free(struct builder *b);

struct trace_header *builder_header(struct builder *b);
void *builder_at(struct builder *b, uint32_t id);

/* Each returns the record's id; fill in the rest through builder_at. */
uint32_t builder_string(struct builder *b, enum trace_string_kind kind, const char *text);
uint32_t builder_process(struct builder *b, int pid, int ppid, const char *exe, const char *line);
uint32_t builder_context(struct builder *b, const uint64_t *frames, uint16_t count);

/* A Python frame of `file` and `name` at `line`, called by `outer` (0: nobody). A context takes the
 * innermost one. */
uint32_t builder_python(struct builder *b, const char *file, const char *name, uint32_t line,
                        uint32_t outer, uint32_t flags);
void builder_under_python(struct builder *b, uint32_t context, uint32_t frame);

uint32_t builder_gap(struct builder *b, int pid, const char *text);
uint32_t builder_meta(struct builder *b, enum trace_record_type type, size_t size);

/* Returns the module's id, for frames. */
uint16_t builder_module(struct builder *b, const char *path, const uint8_t *build_id,
                        uint16_t build_id_size, uint32_t flags);

/* Begins a segment: what is added next belongs to this thread. */
uint32_t builder_thread(struct builder *b, int pid, int tid, const char *name);
uint32_t builder_in_thread(struct builder *b, enum trace_record_type type, size_t size);
uint32_t builder_slot(struct builder *b, enum call_id call, uint32_t context);
uint32_t builder_histogram(struct builder *b, enum call_id call);
uint32_t builder_wait_point(struct builder *b, enum call_id call, uint32_t context);

/* Facts about a lock that was taken at `frame`: waits for it, or calls that blocked holding it. */
uint32_t builder_lock(struct builder *b, enum trace_lock_fact kind, enum call_id call,
                      uint32_t context, uint64_t frame);

/* Counts `count` calls of `ns` each in a slot and, if it has one, in its histogram. */
void builder_count(struct builder *b, uint32_t slot, uint64_t count, uint64_t ns);

void builder_event(struct builder *b, int pid, int tid, enum call_id call, uint32_t slot,
                   uint32_t target, uint64_t start_ns, uint64_t ns);

/* The end: clock triples `ns` apart, a regular exit. */
void builder_finish(struct builder *b, uint64_t ns);

/* 0, or -1. `size` 0 means all of it. */
int builder_write(const struct builder *b, const char *path, size_t size);

#endif
