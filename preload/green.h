/* SPDX-License-Identifier: MIT
 *
 * Green threads of Python (greenlets): in which of them a call is made, when each was born and
 * ended, and where it was started.
 *
 * A greenlet has frames of its own, of which the outermost stays where it is as long as the
 * greenlet lives. From CPython 3.11 on it lies at the beginning of a piece of memory that the
 * interpreter maps when the first function of a new greenlet is called, and unmaps when the
 * greenlet ends, or is freed; both are calls that we see. Before 3.11 a greenlet is first known by
 * a call of its own, and one that begins where another one ended is taken for that.
 */
#ifndef SHUNT_GREEN_H
#define SHUNT_GREEN_H

#include <stddef.h>
#include <stdint.h>

struct thread;
struct visit;

struct green_entry;

/* Part of the thread's state. */
struct green {
    struct green_entry *entry; /* table of those alive, by key; NULL until the first */
    uint64_t own;              /* key of the thread's own outermost frame; 0 not known */
    uint64_t key;              /* that of the latest call's greenlet */
    uint32_t live;
    uint32_t number; /* of the latest call's greenlet, from 1; 0: the thread's own frames */
    uint32_t spawn;  /* record id of its spawn point; 0 not known */
    uint32_t busy;   /* 1: the table is being changed, and a signal handler keeps off it */
};

/* Before a call of a thread that runs Python code, when its slot is known: notes in whose name it
 * is made. `state` is the PyThreadState, `outermost` what python_outermost would say, or NULL: it
 * was not asked. */
void green_enter(struct visit *v, const void *state, const void *outermost);

/* Memory was mapped, or is about to be unmapped, by the calling thread. */
void green_mapped(const void *address, size_t length);
void green_unmapping(const void *address, size_t length);

/* The call of the thread's latest greenlet blocked. */
void green_blocked(struct thread *t, uint64_t ticks);

/* A call of a greenlet of this spawn point would have blocked; its wait ended. */
void green_pending(uint32_t spawn);
void green_pending_end(uint32_t spawn);

/* The thread ends, and the table goes. */
void green_leave(void);

#endif
