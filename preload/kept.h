/* SPDX-License-Identifier: MIT
 *
 * What green threads keep while they are parked: the locks that each holds, and in which library it
 * waits. The table of held locks (lock.h) is the thread's, and its green threads take turns on it:
 * what one holds is put aside here when it is parked, and taken back when it goes on. So a lock of
 * a parked green thread does not count as held by the one that runs, and is known to be why that
 * one cannot have it.
 *
 * Only in processes that were given green routes. All functions are about the calling thread's own
 * green threads, and are called by it; not in a signal handler. errno is kept.
 */
#ifndef SHUNT_KEPT_H
#define SHUNT_KEPT_H

#include "guard.h"

#include <stdint.h>

struct kept;

/* Makes room; once. 0 or a negative errno: nothing is put aside then. Any context. */
int kept_start(void);

/* Around each wait of a runtime: the green thread that made this call is about to be parked, and
 * goes on. What the first returns is the second's; it may be NULL: there was no room, and what the
 * thread holds stays in its table. */
struct kept *kept_put_aside(const struct visit *v);
void kept_take_back(struct kept *kept);

/* The calling thread ends, and its green threads keep nothing. */
void kept_leave(void);

/* 0: a green thread that holds locks had better not be parked. */
int kept_has_room(void);

/* How many green threads are parked; of them those in this library (kept_library), or in one that
 * found no room to be told. */
uint32_t kept_parked(void);
uint32_t kept_parked_in(uint32_t library);

/* The library that a call is made from: the module of its innermost frame that is neither libc's
 * nor the C++ library's. 0: not known. */
uint32_t kept_library(const struct visit *v);

/* Does a parked green thread hold the lock? Then *caller is the return address of the call that
 * took it, and *slot (record id, 0 not known) that of the call in which it is parked. */
int kept_holds(const void *lock);
int kept_holder(const void *lock, uintptr_t *caller, uint32_t *slot);

/* Does a parked green thread of any thread hold it? The answer may be old. */
int kept_holds_anywhere(const void *lock);

/* The running green thread gives back a lock that a parked one took. 1: that was known here. */
int kept_gave(const void *lock);

#endif
