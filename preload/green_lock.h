/* SPDX-License-Identifier: MIT
 *
 * Locks in a process that parks green threads. A lock that a parked green thread holds is waited
 * for by the others of its thread without stopping that thread, which alone can end the wait; and a
 * call is not parked where what its green thread holds would not keep the others out, or would keep
 * the interpreter lock from its thread for good.
 *
 * All of it lies behind ROUTE_IS_GREEN(), in the slow ways of lock.c. errno is kept.
 */
#ifndef SHUNT_GREEN_LOCK_H
#define SHUNT_GREEN_LOCK_H

#include "lock.h"
#include "park.h"
#include "route.h"

/* Why the call may not be parked for what its thread holds (enum trace_reason): a recursive mutex
 * or a stream, which would let every green thread of the thread in; more locks than are known; a
 * mutex that is also taken with the interpreter lock held, whose taker would wait for it and keep
 * that lock; a lock on the stack, which is switched away; or its library hands work over by
 * conditions that could not be parked. `released` is a mutex that the call gives back meanwhile. */
int green_lock_refuse(const struct visit *v, const void *released);

/* A semaphore's wait; and one of a thread that has green threads parked, of which one may have what
 * it waits for: it is parked, too, where no rule is about it. */
int green_lock_is_semaphore(uint16_t call);
int green_lock_wants(uint16_t call);

/* Does an object of the caller's lie on the stack that would be switched away? */
int green_lock_on_stack(const struct visit *v, const void *object);

/* Why a wait for a lock or a condition may not be parked, whatever is held. */
int green_lock_kept_in_place(struct visit *v);

/* For the trace: the call of this park was parked; or it was to be, and was not for that reason. */
void green_lock_tell(const struct park *park);
void green_lock_tell_in_place(int reason);

/* The library hands work from caller to caller, and one of them could not be parked: none of its
 * calls is from now on. */
void green_lock_handed_over(const struct visit *v);

/* ---- for lock.c ---- */

/* The thread wants the lock, and has tried it; `t` may be NULL. */
void green_lock_asked(struct lock_wait *w, struct thread *t);

/* The lock is about to be given back, of this kind by the thread's table; -1: it was not there. The
 * green threads that wait for it are the same thread's: they look when it is free. */
void green_lock_gave(const void *lock, int kind);

/* `more` locks are held that found no room in the thread's table. */
void green_lock_beyond(int more);

/* flockfile and the like: one more, or one less, is held by the thread. */
void green_lock_stream(int more);

/* The lock is busy, as `busy` says by the row's convention: parks the green thread until it has it,
 * if a parked one of its thread holds it; or waits so that the interpreter lock comes to others
 * meanwhile, if the thread has that. What a try said last; `busy`: the call is to be made in place,
 * which also tells whether its time was over. */
int green_lock_wait(struct lock_wait *w, int busy, clockid_t clock, const struct timespec *until);

/* Takes a mutex again that a condition's wait gave back; its lock call's result. */
int green_lock_retake(struct visit *v, pthread_mutex_t *mutex);

static inline int green_lock_waits(struct lock_wait *w, int busy, clockid_t clock,
                                   const struct timespec *until)
{
    return ROUTE_IS_GREEN() ? green_lock_wait(w, busy, clock, until) : busy;
}

/* Nanoseconds until then on that clock, 0 when it is past; below 0 without a time. */
int64_t green_lock_left(clockid_t clock, const struct timespec *until);

#endif
