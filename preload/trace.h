/* SPDX-License-Identifier: MIT
 *
 * The mapped trace file: creation, chunks, the records that all threads share, the event ring.
 * common/trace_format.h is the layout. Nothing here locks, allocates through malloc or opens a file
 * after trace_open; all but trace_open may be called from any thread and signal context, and from
 * fork children, which go on in the same mapping.
 */
#ifndef SHUNT_TRACE_H
#define SHUNT_TRACE_H

#include "hot.h"
#include "trace_format.h"

#include <stddef.h>

/* Where address space is rationed, the trace takes one part in so many of it. */
enum { TRACE_ADDRESS_SHARE = 64 };

/* Bytes that are kept of a string. */
enum { TRACE_STRING_MOST = 4000 };

/* The mapping; NULL until trace_open succeeded. Never unmapped. */
extern struct trace_header *trace_file HOT_DATA;

/* Creates DIR/NAME.PID.shunt (O_EXCL, O_NOFOLLOW, 0600), maps it at `size` bytes or as much of it
 * as the limits of the process allow, and closes it. 0, or a negative errno. Constructor only. */
int trace_open(const char *dir, const char *name, int pid, uint64_t size);

/* The trace takes no more than `size` bytes of address space from now on, or what the file uses
 * already and a reserve; for programs that ration theirs. Only in this process: chunks beyond,
 * which others with the same file go on using, are not here any more. */
void trace_narrow(uint64_t size);

/* Is a chunk (by number) mapped in this process? Are all? */
int trace_is_here(uint32_t chunk);
int trace_is_whole(void);

/* What is mapped here in bytes, from trace_file on. */
size_t trace_mapped(void);

/* From now on no system call is made for the trace: a filter of the program's might punish it. */
void trace_seal(void);

/* The program's filter was refused: one reason less. */
void trace_unseal(void);
int trace_sealed(void);

/* Memory of a record id of this file. */
static inline void *trace_at(uint32_t id)
{
    return (char *)trace_file + (size_t)id * TRACE_CELL;
}

static inline uint32_t trace_id(const void *record)
{
    return (uint32_t)(((const char *)record - (const char *)trace_file) / TRACE_CELL);
}

/* The slot with an id that another thread told, NULL if it is none. */
static inline const struct trace_slot *trace_slot_at(uint32_t id)
{
    uint64_t end = TRACE_FIRST_CHUNK / TRACE_CELL +
                   (uint64_t)__atomic_load_n(&trace_file->next_chunk, __ATOMIC_RELAXED) *
                       (TRACE_CHUNK / TRACE_CELL);
    const struct trace_slot *slot = id && id < end ? trace_at(id) : NULL;
    return slot && slot->head.type == RECORD_SLOT ? slot : NULL;
}

/* Chunks are numbered from 1, so that 0 is none. */
static inline struct trace_chunk *trace_chunk_at(uint32_t number)
{
    return (void *)((char *)trace_file + TRACE_FIRST_CHUNK + (size_t)(number - 1) * TRACE_CHUNK);
}

static inline uint32_t trace_chunk_number(const struct trace_chunk *chunk)
{
    return (uint32_t)(((const char *)chunk - (const char *)trace_chunk_at(1)) / TRACE_CHUNK) + 1;
}

static inline uint32_t trace_cells(size_t bytes)
{
    return (uint32_t)((bytes + TRACE_CELL - 1) / TRACE_CELL);
}

/* A fresh zeroed chunk whose memory is committed, or NULL (counted). The caller sets its kind. */
struct trace_chunk *trace_chunk_new(void);

/* For what processes share, by a lock in the header: 1 if it is ours now, 0 if somebody else is at
 * it. Never waits for long; a process that died there is succeeded. */
int trace_enter_shared(uint32_t *lock);
void trace_leave_shared(uint32_t *lock);

/* From now on, and in its children, this process's pid is one of another namespace than that of
 * the file's first process: nobody can tell by it who has died. */
void trace_leave_namespace(void);

/* 1 when only the last part of the file is free: it is kept for threads and for slots without
 * chain, so that every call is counted to the end. */
int trace_tight(void);

/* Reserves a META record of `bytes` and marks it pending; NULL when the file is full (counted by
 * the caller). trace_commit makes it visible. */
struct trace_record *trace_meta_new(size_t bytes);
/* Marks a reserved record as pending: from now on a reader can step over it. */
static inline void trace_pend(struct trace_record *record, uint32_t cells)
{
    struct trace_record pending = {.type = RECORD_PENDING, .cells = (uint16_t)cells};
    __atomic_store(record, &pending, __ATOMIC_RELEASE);
}

void trace_commit(struct trace_record *record, enum trace_record_type type);

/* Id of the string, written at most about once; 0 when there is no room (counted). At most
 * TRACE_STRING_MOST bytes of it are kept. */
uint32_t trace_string(enum trace_string_kind kind, const char *text, size_t length);

/* Id of the context with these frames, written at most about once; 0 when there is no room.
 * `pyframe`: record id of the innermost Python frame, or 0. */
uint32_t trace_context(const uint64_t *frames, unsigned count, unsigned flags, uint32_t pyframe);

/* Id of the Python frame like `wanted`, whose head does not count, written at most about once; 0
 * when there is no room. */
uint32_t trace_pyframe(const struct trace_python_frame *wanted);

/* Id of the spawn point with this kind, pid, context, frame and pyframe, written at most about
 * once; 0 when there is no room (counted). */
uint32_t trace_spawn(const struct trace_spawn *like);

/* Commits chunk `index` of the ring; 0 or a negative errno. */
int trace_ring_commit(uint32_t index);

/* Writes `event` into the ring; its seq is set here. */
void trace_event(const struct trace_event *event);

/* Counts `n` losses of a kind. */
void trace_lose(enum trace_loss kind, uint64_t n);

/* Refreshes the header's latest clock triple if it is older than a second, or always if `force`. */
void trace_clock_refresh(uint64_t now, int force);

#endif
