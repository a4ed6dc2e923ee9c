/* SPDX-License-Identifier: MIT
 *
 * Green threads that wait for a lock or a condition, each with a parcel whose descriptor its
 * runtime looks at. Whoever gives the lock back or signals the condition, on any thread and in any
 * signal context, finishes the parcel of the one that has waited longest. The object's own memory
 * is never touched.
 *
 * A fork child finds the table wiped: nobody there is woken by its parent, nor the other way round.
 */
#ifndef SHUNT_WAITERS_H
#define SHUNT_WAITERS_H

#include <stdint.h>

enum { WAITERS = 1024 };

struct parcel;
struct waiter;

/* One that waits, on its green thread's stack; nobody else reads this. Begins as zero. */
struct waiting {
    struct waiter *entry;
    struct parcel *parcel;
    uint64_t ticket;  /* since when: kept by one that waits again */
    uint32_t process; /* parcel_process() */
};

/* Makes room; once. 0 or a negative errno. Any context. */
int waiters_start(void);

/* The calling green thread waits for `object` from now on. REASON_NONE, or why it cannot (enum
 * trace_reason). Not in a signal handler. */
int waiters_add(struct waiting *waiting, const void *object);

/* The descriptor that becomes readable when it is woken. */
int waiters_fd(const struct waiting *waiting);

/* 1: it was woken, or this is a fork child in which nobody will wake it. */
int waiters_is_woken(const struct waiting *waiting);

/* It waits no more. The answer is that of waiters_is_woken, and final. */
int waiters_remove(struct waiting *waiting);

/* The calling thread ends: those of its green threads that wait wait no more. */
void waiters_leave(void);

/* Wakes the one that has waited longest for the object, or all of them. Returns how many. */
uint32_t waiters_wake(const void *object, int all);

#endif
