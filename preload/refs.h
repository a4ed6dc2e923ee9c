/* SPDX-License-Identifier: MIT
 *
 * How a thread finds its records again: by call and a key, in lists of its own. Unlike the memo's
 * chains, references are never forgotten, so that a chain has one slot however often it is learned.
 * Those of a thread with few chains lie in its arena, more of them in a mapping of their own.
 *
 * Any signal context: a reference is linked by one instruction.
 */
#ifndef SHUNT_REFS_H
#define SHUNT_REFS_H

#include "trace_format.h"

#include <stdint.h>

enum { REFS_ROOTS = 256 };

struct thread;
struct refs_more;

struct ref {
    uint64_t key; /* slot: context id; pending wait: with a spawn point; histogram: frame, or
                     Python function */
    uint32_t id;  /* record */
    uint32_t next;
    uint16_t call;
    uint16_t kind; /* enum trace_record_type */
};

/* The record of a kind that goes with (call, key) of this thread, as it was added; 0: none. */
uint32_t refs_find(struct thread *t, enum trace_record_type kind, uint16_t call, uint64_t key);
void refs_add(struct thread *t, enum trace_record_type kind, uint16_t call, uint64_t key,
              uint32_t id);

/* 1 if the next two fit. A record that could not be found again must not be made: each call would
 * make another. */
int refs_have_room(struct thread *t);

/* How many of a thread's entries are for references. */
uint32_t refs_share(uint32_t entries);

/* After mlockall: ours is unlocked again, and what is not used goes back. */
void refs_unlock(const struct thread *t);

/* The thread ends. */
void refs_leave(void);

#endif
