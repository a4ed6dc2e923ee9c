/* SPDX-License-Identifier: MIT
 *
 * Opens one trace file and hands out its records. A trace is written by a stranger's process, which
 * may be hostile, killed or still running, so nothing in it is believed: the chunks in use are
 * copied into memory (a file cut short meanwhile cannot raise SIGBUS), every record is checked
 * once, and ids only lead to places where a checked record of the wanted type begins.
 */
#ifndef SHUNT_READER_H
#define SHUNT_READER_H

#include "error.h"
#include "trace_format.h"

#include <stdbool.h>
#include <stddef.h>

struct reader;

/* What could not be read, counted. */
struct reader_health {
    uint64_t holes;      /* zero cells between records: a writer was killed there */
    uint64_t unfinished; /* records begun and never committed */
    uint64_t damaged;    /* records or chunks that cannot be what they claim */
    uint64_t unknown;    /* records of types that this reader does not know */
};

/* Opens and checks a file. 0, or -1 with a sentence. */
int reader_open(struct reader **reader, const char *path, struct error *error);
void reader_close(struct reader *reader);

const char *reader_path(const struct reader *reader);

/* The header as it was when the file was opened; fields that the file's own version fixes are
 * checked, next_chunk is clamped to what the file holds. */
const struct trace_header *reader_header(const struct reader *reader);

/* The control page as it was then. */
const struct trace_control *reader_control(const struct reader *reader);

const struct reader_health *reader_health(const struct reader *reader);

/* Chunks in use apart from the ring, and bytes of file they and the ring stand for. */
uint64_t reader_committed(const struct reader *reader);

/* Iterates committed records in file order; NULL at the end. Start with a zeroed cursor, or with
 * only_pid set: then what belongs to threads of other processes is passed over. */
struct reader_cursor {
    int32_t only_pid;
    uint32_t chunk;
    uint32_t cell;
    uint32_t id;      /* of the record returned last */
    int32_t pid, tid; /* owner of its chunk: (pid, tid, start); 0 in META chunks */
    uint64_t start;
    bool thread_chunk; /* it lies in a THREAD chunk */
};
const struct trace_record *reader_next(const struct reader *reader, struct reader_cursor *cursor);

/* The record with this id if a checked record of this type begins there, else NULL. */
const void *reader_record(const struct reader *reader, uint32_t id, enum trace_record_type type);

/* The text of a string id; NULL if there is none. Bytes are as the process wrote them. */
const char *reader_string(const struct reader *reader, uint32_t id);

/* ---- for baseline.c, which takes from counters what they were before ---- */

/* The reader's own copies, to be changed. A record is given by an id that reader_next returned. */
struct trace_header *reader_edit_header(struct reader *reader);
void *reader_edit(struct reader *reader, uint32_t id);

/* The chunk of records that this id lies in; NULL: none was read there. */
const struct trace_chunk *reader_chunk_of(const struct reader *reader, uint32_t id);

/* Events before this number are none of the report's. */
void reader_first_event_is(struct reader *reader, uint64_t number);
uint64_t reader_first_event(const struct reader *reader);

/* The file that has the events: a copy of a trace has none. */
void reader_ring_is_in(struct reader *reader, const char *path);
const char *reader_ring_path(const struct reader *reader);

/* By the file's own numbering; NULL if the file does not tell. */
const struct trace_call *reader_call(const struct reader *reader, uint16_t id);
const struct trace_module *reader_module(const struct reader *reader, uint16_t id);

#endif
