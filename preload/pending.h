/* SPDX-License-Identifier: MIT
 *
 * Pending waits: a call that would have blocked (EAGAIN, and EINPROGRESS of connect), until the
 * same call succeeds on the same fd on this thread. That is what its site will block for on a
 * thread of its own. A wait whose fd is closed, or whose call fails, before that never succeeded.
 * One that ends in the turn of the thread's loop in which it began was waited for in place, if at
 * all (a library that polls its own socket); so was one on a thread without a loop that a
 * poll of a single fd came between. That call counts, and the wait does not.
 *
 * One table per thread, mapped when the thread's first call would have blocked. As long as nothing
 * is pending a call pays for one comparison, in guard.h.
 */
#ifndef SHUNT_PENDING_H
#define SHUNT_PENDING_H

#include <stdint.h>

struct thread;
struct visit;

/* One wait that goes on. */
struct pending_entry {
    uint64_t start;  /* ticks at which the first try began */
    uint32_t record; /* id of its RECORD_PENDING_WAIT */
    int32_t fd;
    uint32_t closed; /* times that a file of this number had been closed */
    uint32_t turn;   /* of the loop in which it began; 0: none */
    uint32_t alone;  /* polls of one fd that the thread had made */
    uint16_t call;
    uint16_t used; /* 0: free */
};

struct pending {
    struct pending_entry *entry; /* NULL until the first */
    uint32_t live;
    uint32_t busy; /* 1: the table is being changed, and a signal handler keeps off it */
};

/* The call failed with `error`: begins a wait, ends one, or neither. errno may be lost. */
void pending_failed(struct visit *v, int error);

/* The call succeeded, on an fd, while waits were going on: ends the one for it. On the call path.
 */
void pending_succeeded(struct visit *v);

/* A file of this number is about to be closed, by whatever thread. */
void pending_closing(int fd);

/* The thread ends, and the table goes. */
void pending_leave(void);

#endif
