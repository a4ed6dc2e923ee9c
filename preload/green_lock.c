/* SPDX-License-Identifier: MIT
 *
 * See green_lock.h.
 */
#include "green_lock.h"

#include "gil.h"
#include "kept.h"
#include "loading.h"
#include "python_layout.h"
#include "raw.h"
#include "waiters.h"

#include <shunt.h>

/* A wake-up that cannot come (the lock was given back inside libc, or by another thread) costs this
 * much. */
enum { PATIENCE_NS = 100000000 };

/* With the interpreter lock held nobody waits longer for a lock than CPython lets one of its
 * threads run while others want to; and so many moments are waited without it. */
enum { HOLDING_NS = 5000000, MOMENT_NS = 1000000, MOMENTS = 10 };

enum { ORDERED = 1024, PROBES = 4, LIBRARIES = 1024 };

static uintptr_t ordered[ORDERED]; /* mutexes that were wanted with the interpreter lock held */
static uint8_t handed_over[LIBRARIES];

/* Of the thread, whichever of its green threads runs: nobody is parked while one of them is not 0,
 * unless nothing else can end its wait. */
static __thread struct {
    uint32_t beyond;
    uint32_t streams;
} held_besides;

/* ---- what is held ---- */

void green_lock_beyond(int more)
{
    held_besides.beyond += (uint32_t)more;
}

void green_lock_stream(int more)
{
    if (more > 0 || held_besides.streams)
        held_besides.streams += (uint32_t)more;
}

static uintptr_t *place_of(const void *mutex, unsigned probe)
{
    uint64_t hash = ((uintptr_t)mutex >> 3) * 0x9e3779b97f4a7c15u;
    return &ordered[((hash >> 32) + probe) % ORDERED];
}

static int is_ordered(uintptr_t mutex)
{
    for (unsigned probe = 0; probe < PROBES; probe++)
        if (__atomic_load_n(place_of((void *)mutex, probe), __ATOMIC_RELAXED) == mutex)
            return 1;
    return 0;
}

/* Without room another one is forgotten. */
static void note_order(const void *mutex)
{
    if (is_ordered((uintptr_t)mutex))
        return;
    for (unsigned probe = 0; probe < PROBES; probe++) {
        uintptr_t none = 0;
        if (__atomic_compare_exchange_n(place_of(mutex, probe), &none, (uintptr_t)mutex, 0,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return;
    }
    __atomic_store_n(place_of(mutex, 0), (uintptr_t)mutex, __ATOMIC_RELAXED);
}

static int is_recursive(const pthread_mutex_t *mutex)
{
    return (mutex->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP;
}

int green_lock_is_semaphore(uint16_t call)
{
    return call == CALL_sem_wait || call == CALL_sem_timedwait || call == CALL_sem_clockwait;
}

int green_lock_wants(uint16_t call)
{
    return green_lock_is_semaphore(call) && ROUTE_IS_GREEN() && kept_parked();
}

int green_lock_on_stack(const struct visit *v, const void *object)
{
    return v->thread && (uintptr_t)object >= v->frame && (uintptr_t)object < v->thread->stack.high;
}

int green_lock_kept_in_place(struct visit *v)
{
    int reason = handoff_kept_in_place(v);
    return !reason && loading_exception() ? REASON_EXCEPTION : reason;
}

void green_lock_tell(const struct park *park)
{
    handoff_self.outcome = (struct handoff_outcome){.asked = 1,
                                                    .wanted = TRACE_ROUTE_GREEN,
                                                    .route = TRACE_ROUTE_GREEN,
                                                    .way = GREEN_LOCK,
                                                    .parked_ticks = park->parked};
}

void green_lock_tell_in_place(int reason)
{
    handoff_self.outcome = (struct handoff_outcome){
        .asked = 1, .wanted = TRACE_ROUTE_GREEN, .reason = (uint8_t)reason};
}

static int refuse_held(const struct visit *v, const struct trace_held *held)
{
    uintptr_t lock = lock_held_address(held);
    if (!lock_is_still_held(held, v->thread->record->tid))
        return REASON_NONE;
    if (green_lock_on_stack(v, (void *)lock))
        return REASON_STACK_OBJECT;
    if ((held->lock & TRACE_LOCK_KINDS) != TRACE_LOCK_MUTEX)
        return REASON_NONE;
    if (is_recursive((void *)lock))
        return REASON_LOCK_HELD;
    return is_ordered(lock) ? REASON_LOCK_ORDER : REASON_NONE;
}

int green_lock_refuse(const struct visit *v, const void *released)
{
    if (held_besides.beyond || held_besides.streams)
        return REASON_LOCK_HELD;
    const struct trace_thread *record = v->thread ? v->thread->record : NULL;
    if (record && lock_holds(record) && !kept_has_room())
        return REASON_LOCK_HELD;
    for (unsigned i = 0; record && i < (record->locks & TRACE_LOCKS_HELD); i++) {
        struct trace_held held = record->held[i];
        int reason =
            lock_held_address(&held) == (uintptr_t)released ? REASON_NONE : refuse_held(v, &held);
        if (reason)
            return reason;
    }
    uint32_t library = kept_library(v);
    return library < LIBRARIES && __atomic_load_n(&handed_over[library], __ATOMIC_RELAXED)
               ? REASON_HANDED_OVER
               : REASON_NONE;
}

void green_lock_handed_over(const struct visit *v)
{
    uint32_t library = kept_library(v);
    if (library && library < LIBRARIES)
        __atomic_store_n(&handed_over[library], 1, __ATOMIC_RELAXED);
}

/* ---- taken and given back ---- */

/* A recursive mutex lets a green thread in that another of its thread has shut out. */
static int is_anothers(const struct lock_wait *w, const struct thread *t)
{
    return w->kind == TRACE_LOCK_MUTEX && kept_parked() && is_recursive(w->lock) && t &&
           !lock_is_held(t->record, w->lock) && kept_holds(w->lock);
}

void green_lock_asked(struct lock_wait *w, struct thread *t)
{
    int c11 =
        w->call == CALL_mtx_lock || w->call == CALL_mtx_timedlock || w->call == CALL_mtx_trylock;
    if (w->kind == TRACE_LOCK_MUTEX && gil_is_held())
        note_order(w->lock);
    if (w->tried || !is_anothers(w, t))
        return;
    REAL(pthread_mutex_unlock)((pthread_mutex_t *)w->lock);
    w->tried = c11 ? thrd_busy : EBUSY;
}

void green_lock_gave(const void *lock, int kind)
{
    if (kind < 0 && !kept_gave(lock) && held_besides.beyond)
        held_besides.beyond--;
    waiters_wake(lock, kind == TRACE_LOCK_READ || kind == TRACE_LOCK_WRITE);
}

/* ---- waiting ---- */

/* Is it a green thread of this very thread that has the lock, and another one? */
static int is_kept(const struct thread *t, const void *lock, uintptr_t kind)
{
    const pthread_mutex_t *mutex = lock;
    if (lock_is_held(t->record, lock))
        return 0;
    if (kept_holds(lock))
        return 1;
    return kind == TRACE_LOCK_MUTEX && kept_parked() &&
           __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED) == t->record->tid &&
           (mutex->__data.__kind & 3) != PTHREAD_MUTEX_ERRORCHECK_NP && !is_recursive(mutex);
}

int64_t green_lock_left(clockid_t clock, const struct timespec *until)
{
    struct timespec now;
    if (!until || clock_gettime(clock, &now) != 0)
        return -1;
    int64_t left =
        (int64_t)(until->tv_sec - now.tv_sec) * 1000000000 + until->tv_nsec - now.tv_nsec;
    return left > 0 ? left : 0;
}

/* Parks once, until the lock was given back or a moment went by. 0: it could not. */
static int wait_once(struct park *park, struct waiting *waiting, const void *lock, int64_t left)
{
    if (waiters_add(waiting, lock) != REASON_NONE)
        return 0;
    int how = park_wait(park, waiters_fd(waiting), POLLIN,
                        left >= 0 && left < PATIENCE_NS ? left : PATIENCE_NS);
    waiters_remove(waiting);
    return how != SHUNT_NOT_PARKED;
}

static int wait_parked(struct lock_wait *w, int busy, clockid_t clock, const struct timespec *until)
{
    const struct thread *t = w->visit.thread;
    struct park park;
    struct waiting waiting = {0};
    int result = busy;
    int reason = green_lock_kept_in_place(&w->visit);
    gil_need(1);
    if (!reason)
        reason = park_begin(&park, &w->visit);
    if (reason) {
        gil_need(-1);
        green_lock_tell_in_place(reason);
        return busy;
    }
    int64_t left;
    while (result == busy && w->visit.thread && is_kept(t, w->lock, w->kind) &&
           (left = green_lock_left(clock, until)) != 0 && wait_once(&park, &waiting, w->lock, left))
        result = lock_try_again(w);
    park_end(&park);
    gil_need(-1);
    green_lock_tell(&park);
    return result;
}

/* Others have the interpreter lock meanwhile, and the lock is not taken: who had it would wait for
 * the interpreter lock, and be in the way of the next one that wants both. */
static void stand_back(const struct lock_wait *w, clockid_t clock, const struct timespec *until)
{
    static const struct timespec moment = {0, MOMENT_NS};
    void *given = gil_give();
    int moments = 0;
    do
        arch_syscall(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
    while (++moments < MOMENTS && kept_holds_anywhere(w->lock) &&
           green_lock_left(clock, until) != 0);
    gil_take(given);
}

/* With the interpreter lock held, which nobody that is parked goes on without: if one of them has
 * the lock, or a wait is long enough for one of them to be what it waits for in the end, it is
 * given away, as by an extension that expects to wait. */
static int wait_holding(struct lock_wait *w, int busy, clockid_t clock,
                        const struct timespec *until)
{
    int result = busy, waited = 0;
    int64_t left;
    while (result == busy && (left = green_lock_left(clock, until)) != 0) {
        if (kept_holds_anywhere(w->lock) || (waited && gil_is_needed())) {
            stand_back(w, clock, until);
            result = lock_try_again(w);
            waited = 0;
        } else if (lock_can_try_for()) {
            result = lock_try_for(w, left >= 0 && left < HOLDING_NS ? left : HOLDING_NS);
            waited = 1;
        } else {
            break;
        }
    }
    return result;
}

/* Can the interpreter lock be given away in this call? Not by the interpreter itself, nor by who
 * interrupted it, nor where that might be fatal. */
static int is_holding(const struct lock_wait *w)
{
    return gil_is_held() && !python_contains((uintptr_t)w->caller) &&
           !handoff_in_handler((uintptr_t)w->frame) && !trace_sealed();
}

int green_lock_wait(struct lock_wait *w, int busy, clockid_t clock, const struct timespec *until)
{
    const struct thread *t = w->visit.thread;
    int mine = t && t->epoch && is_kept(t, w->lock, w->kind);
    int saved = errno, result = busy, holding = is_holding(w);
    if (until && !lock_time_is_right(clock, until))
        return busy;
    if (mine) {
        void *given = holding ? gil_give() : NULL;
        result = wait_parked(w, busy, clock, until);
        if (given)
            gil_take(given);
    }
    if (result == busy && holding)
        result = wait_holding(w, busy, clock, until);
    errno = saved;
    return result;
}

int green_lock_retake(struct visit *v, pthread_mutex_t *mutex)
{
    struct lock_wait w = {.lock = mutex,
                          .kind = TRACE_LOCK_MUTEX,
                          .call = CALL_pthread_mutex_lock,
                          .caller = (void *)v->caller,
                          .frame = (void *)v->frame,
                          .visit = *v};
    w.tried = REAL(pthread_mutex_trylock)(mutex);
    green_lock_asked(&w, v->thread);
    int result = w.tried;
    if (result == EBUSY)
        result = green_lock_wait(&w, EBUSY, CLOCK_REALTIME, NULL);
    if (result == EBUSY)
        result = REAL(pthread_mutex_lock)(mutex);
    if (!result || result == EOWNERDEAD)
        lock_note_taken(v->thread, &w);
    return result;
}
