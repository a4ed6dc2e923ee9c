/* SPDX-License-Identifier: MIT
 *
 * Locks: pthread mutexes, reader-writer locks and C11 mutexes. A lock call is the lock's own try
 * first: one that succeeds takes no clock and no chain, it is counted and noted as held, and that
 * is all. Only a lock that is not free is waited for with what other calls get, and then the place
 * where its holder took it is noted with the wait.
 *
 * A try that succeeds leaves the lock as the call itself would (glibc 2.36, nptl): owner, users,
 * recursion, robust list, priority. One that fails with another error than "busy" failed for a
 * reason the call itself would fail for; "busy" may still be a deadlock that an error-checking lock
 * tells, so then the call itself follows in any case.
 */
#ifndef SHUNT_LOCK_H
#define SHUNT_LOCK_H

#include "guard.h"
#include "real.h"
#include "route.h"

#include <errno.h>

/* How each lock is tried. Timed calls say of some clocks and times that they are wrong before they
 * look at the lock: these are not tried. */
#define TRY_pthread_mutex_lock(m)                       lock_tries.mutex(m)
#define TRY_pthread_mutex_trylock(m)                    REAL(pthread_mutex_trylock)(m)
#define TRY_pthread_mutex_timedlock(m, until)           lock_tries.mutex(m)
#define TRY_pthread_mutex_clocklock(m, clock, until)    lock_try_clock(m, clock)
#define TRY_mtx_lock(m)                                 lock_tries.mtx(m)
#define TRY_mtx_trylock(m)                              REAL(mtx_trylock)(m)
#define TRY_mtx_timedlock(m, until)                     lock_tries.mtx(m)
#define TRY_pthread_rwlock_rdlock(l)                    lock_tries.read(l)
#define TRY_pthread_rwlock_tryrdlock(l)                 REAL(pthread_rwlock_tryrdlock)(l)
#define TRY_pthread_rwlock_wrlock(l)                    lock_tries.write(l)
#define TRY_pthread_rwlock_trywrlock(l)                 REAL(pthread_rwlock_trywrlock)(l)
#define TRY_pthread_rwlock_timedrdlock(l, until)        TRY_TIMED(read, l, CLOCK_REALTIME, until)
#define TRY_pthread_rwlock_timedwrlock(l, until)        TRY_TIMED(write, l, CLOCK_REALTIME, until)
#define TRY_pthread_rwlock_clockrdlock(l, clock, until) TRY_TIMED(read, l, clock, until)
#define TRY_pthread_rwlock_clockwrlock(l, clock, until) TRY_TIMED(write, l, clock, until)
#define TRY_TIMED(how, l, clock, until) \
    (lock_time_is_right(clock, until) ? lock_tries.how(l) : EBUSY)

/* The tries that come before a lock call: the next definitions, or functions that call every lock
 * busy where a try cannot stand for its call. */
struct lock_tries {
    int (*mutex)(pthread_mutex_t *);
    int (*mtx)(mtx_t *);
    int (*read)(pthread_rwlock_t *);
    int (*write)(pthread_rwlock_t *);
};
extern struct lock_tries lock_tries HOT_LOCKS;

/* Until when each waits at most: the clock, and the time. */
#define LIMIT_pthread_mutex_lock(m)                       CLOCK_REALTIME, NULL
#define LIMIT_pthread_mutex_timedlock(m, until)           CLOCK_REALTIME, until
#define LIMIT_pthread_mutex_clocklock(m, clock, until)    clock, until
#define LIMIT_mtx_lock(m)                                 CLOCK_REALTIME, NULL
#define LIMIT_mtx_timedlock(m, until)                     CLOCK_REALTIME, until
#define LIMIT_pthread_rwlock_rdlock(l)                    CLOCK_REALTIME, NULL
#define LIMIT_pthread_rwlock_wrlock(l)                    CLOCK_REALTIME, NULL
#define LIMIT_pthread_rwlock_timedrdlock(l, until)        CLOCK_REALTIME, until
#define LIMIT_pthread_rwlock_timedwrlock(l, until)        CLOCK_REALTIME, until
#define LIMIT_pthread_rwlock_clockrdlock(l, clock, until) clock, until
#define LIMIT_pthread_rwlock_clockwrlock(l, clock, until) clock, until

/* What a try says of a lock that is not free, by the failure convention of its row. */
#define BUSY_NONZERO_ERROR EBUSY
#define BUSY_NONZERO_THRD  thrd_busy

#define TRY(name, ...)     TRY_##name(__VA_ARGS__)
#define LIMIT(name, ...)   LIMIT_##name(__VA_ARGS__)
#define FIRST(...)         FIRST_(__VA_ARGS__, )
#define FIRST_(first, ...) first

/* Who held a lock when a wait for it began. */
struct lock_holder {
    uintptr_t caller; /* return address of the call that took it; 0 unknown */
    uint32_t context; /* of the call in which the holder was */
    uint16_t call;
    uint16_t state; /* enum trace_holder */
};

/* A lock call whose try did not simply succeed. */
struct lock_wait {
    int tried; /* what the try said */
    void *caller;
    void *frame; /* of the wrapper */
    const void *lock;
    uintptr_t kind; /* enum trace_lock_kind */
    uint16_t call;
    int off; /* switched off: not observed */
    struct lock_holder holder;
    struct visit visit;
};

/* The try of pthread_mutex_clocklock. */
int lock_try_clock(pthread_mutex_t *mutex, clockid_t clock);

/* Would a timed reader-writer lock look at the lock at all? */
int lock_time_is_right(clockid_t clock, const struct timespec *until);

/* Finds out whether a try stands for its lock call here. Constructor only. */
void lock_start(void);

/* Before the first lock is observed: counts those taken before there was a trace, and finds the
 * unwinder, which must be loaded. Constructor only. */
void lock_ready(void);

/* Before the call itself. 0: the lock was taken, nothing is left to do; else lock_wait_end follows.
 * errno is kept by both. */
int lock_wait_begin(struct lock_wait *w, uint16_t call, const void *lock, uintptr_t kind);
void lock_wait_end(struct lock_wait *w, int failed, int result);

/* The lock of an entry of `held`. */
static inline uintptr_t lock_held_address(const struct trace_held *held)
{
    uint64_t lock = __atomic_load_n(&held->lock, __ATOMIC_RELAXED);
    return lock & ~(uint64_t)(TRACE_LOCK_KINDS | TRACE_LOCK_GREEN);
}

/* Is the lock one that the thread's table says it holds? */
int lock_is_held(const struct trace_thread *record, const void *lock);

/* A lock that another thread gave back, or that was made anew, is not held any more. Its memory may
 * be gone. */
int lock_is_still_held(const struct trace_held *held, int32_t tid);

/* Empties the thread's table into `held`, and returns how many entries; puts them back, below those
 * that came in between. Entries without room are lost, and counted. */
uint32_t lock_put_aside(struct thread *t, struct trace_held held[static TRACE_HELD]);
void lock_take_back(struct thread *t, const struct trace_held *held, uint32_t count);

/* Notes that the thread, which may be NULL, has the lock of `w`. */
void lock_note_taken(struct thread *t, const struct lock_wait *w);

/* The lock's own try once more, as for the call of `w`; its result. */
int lock_try_again(const struct lock_wait *w);

/* The call of `w`, but for so many nanoseconds at most: what a try would say then. Not where
 * another library makes the calls and the waits for a time. */
int lock_can_try_for(void);
int lock_try_for(const struct lock_wait *w, int64_t ns);

/* The thread's call of (call, context) blocked for `ticks` while it held locks; `released` is one
 * that does not count, for a condition's wait gives it back; NULL none. */
void lock_note_held(struct thread *t, const struct trace_slot *slot, const void *released,
                    uint64_t ticks);

/* The slow side of lock_gave. */
void lock_forget(const void *lock);

static inline int lock_holds(const struct trace_thread *record)
{
    return (record->locks & TRACE_LOCKS_HELD) != 0;
}

/* Not the whole of it, for it is large. */
GUARD_INLINE void lock_wait_init(struct lock_wait *w, int tried, void *caller, void *frame)
{
    w->tried = tried;
    w->caller = caller;
    w->frame = frame;
}

/* 1: the lock was free, and is counted and noted as held. The whole path of a free lock. */
GUARD_INLINE int lock_took(int tried, const void *lock, uintptr_t kind, void *caller)
{
    const struct thread *t = thread_self;
    if (__builtin_expect(tried != 0 || t->epoch != observe_epoch || ROUTE_LOOKS_AT_LOCKS(), 0))
        return 0;
    struct trace_thread *record = t->record;
    unsigned held = record->locks & TRACE_LOCKS_HELD;
    if (__builtin_expect(held >= TRACE_HELD, 0))
        return 0;
    record->held[held].lock = (uintptr_t)lock | kind;
    record->held[held].caller = (uintptr_t)caller;
    arch_local_add(&record->locks, TRACE_LOCKS_ONE + 1);
    return 1;
}

/* Before a lock is given back. Mostly it is the one taken last: 1, it is no longer noted as held.
 * 0: lock_forget is to be called. */
GUARD_INLINE int lock_gave_last(const void *lock)
{
    const struct thread *t = thread_self;
    if (__builtin_expect(t->epoch != observe_epoch, 0))
        return 0;
    struct trace_thread *record = t->record;
    unsigned held = record->locks & TRACE_LOCKS_HELD;
    if (__builtin_expect(!held || (record->held[held - 1].lock & ~(uint64_t)TRACE_LOCK_KINDS) !=
                                      (uintptr_t)lock,
                         0))
        return 0;
    arch_local_add(&record->locks, (uint64_t)-1);
    return 1;
}

/* Both. */
GUARD_INLINE void lock_gave(const void *lock)
{
    if (!lock_gave_last(lock))
        lock_forget(lock);
}

#endif
