/* SPDX-License-Identifier: MIT
 *
 * See lock.h. This is what happens around a lock that was not free, and what a blocked call learns
 * of the locks that its thread holds.
 */
#include "lock.h"

#include "aside.h"
#include "contention.h"
#include "green_lock.h"
#include "kept.h"
#include "modules.h"
#include "raw.h"
#include "roster.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <string.h>

enum { READERS_ASKED = 64, OWNER_PATIENCE = 50 };

static uint64_t early;            /* locks taken before there was a trace */
static int timed;                 /* a wait for a time stands for one without */
static uint16_t unwinders_module; /* whose locks must not be unwound: the unwinder takes them */

/* ---- trying ---- */

static int try_mutex_early(pthread_mutex_t *mutex)
{
    return REAL(pthread_mutex_trylock)(mutex);
}

static int try_mtx_early(mtx_t *mutex)
{
    return REAL(mtx_trylock)(mutex);
}

static int try_read_early(pthread_rwlock_t *lock)
{
    return REAL(pthread_rwlock_tryrdlock)(lock);
}

static int try_write_early(pthread_rwlock_t *lock)
{
    return REAL(pthread_rwlock_trywrlock)(lock);
}

struct lock_tries lock_tries HOT_LOCKS = {try_mutex_early, try_mtx_early, try_read_early,
                                          try_write_early};

static int mutex_is_busy(pthread_mutex_t *mutex)
{
    (void)mutex;
    return EBUSY;
}

static int mtx_is_busy(mtx_t *mutex)
{
    (void)mutex;
    return thrd_busy;
}

static int rwlock_is_busy(pthread_rwlock_t *lock)
{
    (void)lock;
    return EBUSY;
}

/* A library that replaces a lock call and not its try (or the other way round) wants to see the
 * calls that the program makes. */
static int from_one_library(void *a, void *b)
{
    Dl_info one, other;
    return dladdr(a, &one) && dladdr(b, &other) && one.dli_fbase == other.dli_fbase;
}

#define FROM_ONE_LIBRARY(name, other) \
    from_one_library((void *)real_calls.name, (void *)real_calls.other)

void lock_start(void)
{
    int mutex = FROM_ONE_LIBRARY(pthread_mutex_lock, pthread_mutex_trylock);
    int mtx = FROM_ONE_LIBRARY(mtx_lock, mtx_trylock);
    int read = FROM_ONE_LIBRARY(pthread_rwlock_rdlock, pthread_rwlock_tryrdlock);
    int write = FROM_ONE_LIBRARY(pthread_rwlock_wrlock, pthread_rwlock_trywrlock);
    lock_tries.mutex = mutex ? real_calls.pthread_mutex_trylock : mutex_is_busy;
    lock_tries.mtx = mtx ? real_calls.mtx_trylock : mtx_is_busy;
    lock_tries.read = read ? real_calls.pthread_rwlock_tryrdlock : rwlock_is_busy;
    lock_tries.write = write ? real_calls.pthread_rwlock_trywrlock : rwlock_is_busy;
    timed = mutex && mtx && read && write &&
            FROM_ONE_LIBRARY(pthread_mutex_lock, pthread_mutex_timedlock) &&
            FROM_ONE_LIBRARY(mtx_lock, mtx_timedlock) &&
            FROM_ONE_LIBRARY(pthread_rwlock_rdlock, pthread_rwlock_timedrdlock) &&
            FROM_ONE_LIBRARY(pthread_rwlock_wrlock, pthread_rwlock_timedwrlock);
}

/* A mutex that lends priority knows one clock in some versions of glibc. */
int lock_try_clock(pthread_mutex_t *mutex, clockid_t clock)
{
    int lends = mutex->__data.__kind & PTHREAD_PRIO_INHERIT << 5;
    int known = clock == CLOCK_REALTIME || (clock == CLOCK_MONOTONIC && !lends);
    return known ? lock_tries.mutex(mutex) : EBUSY;
}

int lock_time_is_right(clockid_t clock, const struct timespec *until)
{
    return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && until && until->tv_nsec >= 0 &&
           until->tv_nsec < 1000000000;
}

/* ---- what is held ---- */

static void count_aside(void)
{
    if (trace_file)
        __atomic_fetch_add(&trace_file->locks_aside, 1, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(&early, 1, __ATOMIC_RELAXED);
}

void lock_ready(void)
{
    int libc;
    uintptr_t unwinder = stack_unwinder();
    if (unwinder)
        unwinders_module = TRACE_FRAME_MODULE(modules_frame(unwinder, &libc));
    __atomic_fetch_add(&trace_file->locks_aside, early, __ATOMIC_RELAXED);
}

/* A lock without room in the table. */
static void hold_beyond(struct trace_thread *record)
{
    arch_local_add(&record->unheld, 1);
    if (ROUTE_IS_GREEN())
        green_lock_beyond(1);
}

/* Notes a lock as held; `counted` is TRACE_LOCKS_ONE if it was free. */
static void hold(struct thread *t, const struct lock_wait *w, uint64_t counted)
{
    struct trace_thread *record = t->record;
    unsigned held = record->locks & TRACE_LOCKS_HELD;
    if (held >= TRACE_HELD) {
        hold_beyond(record);
        arch_local_add(&record->locks, counted);
        return;
    }
    record->held[held].lock =
        (uintptr_t)w->lock | w->kind | (ROUTE_IS_GREEN() ? TRACE_LOCK_GREEN : 0);
    record->held[held].caller = (uintptr_t)w->caller;
    arch_local_add(&record->locks, counted + 1);
}

void lock_note_taken(struct thread *t, const struct lock_wait *w)
{
    if (t && t->epoch)
        hold(t, w, 0);
}

static void drop(struct trace_thread *record, unsigned index)
{
    unsigned held = record->locks & TRACE_LOCKS_HELD;
    for (unsigned i = index; i + 1 < held; i++)
        record->held[i] = record->held[i + 1];
    arch_local_add(&record->locks, (uint64_t)-1);
}

/* The entry's kind, or -1: there is none. */
static int forget(struct thread *t, const void *lock)
{
    for (unsigned i = t->record->locks & TRACE_LOCKS_HELD; i--;)
        if (lock_held_address(&t->record->held[i]) == (uintptr_t)lock) {
            int kind = t->record->held[i].lock & TRACE_LOCK_KINDS;
            drop(t->record, i);
            return kind;
        }
    return -1;
}

void lock_forget(const void *lock)
{
    struct thread *t = thread_self;
    int kind = t == &thread_none || !t->epoch ? -1 : forget(t, lock);
    if (ROUTE_IS_GREEN())
        green_lock_gave(lock, kind);
}

int lock_is_held(const struct trace_thread *record, const void *lock)
{
    for (unsigned i = 0; i < TRACE_HELD && i < (record->locks & TRACE_LOCKS_HELD); i++)
        if (lock_held_address(&record->held[i]) == (uintptr_t)lock)
            return 1;
    return 0;
}

/* ---- green threads take turns on the table ---- */

uint32_t lock_put_aside(struct thread *t, struct trace_held held[static TRACE_HELD])
{
    struct trace_thread *record = t->record;
    uint32_t count = record->locks & TRACE_LOCKS_HELD;
    memcpy(held, record->held, count * sizeof *held);
    arch_local_add(&record->locks, -(uint64_t)count);
    return count;
}

void lock_take_back(struct thread *t, const struct trace_held *held, uint32_t count)
{
    struct trace_thread *record = t->record;
    uint32_t now = record->locks & TRACE_LOCKS_HELD;
    uint32_t room = count < TRACE_HELD - now ? count : TRACE_HELD - now;
    for (uint32_t i = room; i < count; i++)
        hold_beyond(record);
    memmove(record->held + room, record->held, now * sizeof *held);
    memcpy(record->held, held, room * sizeof *held);
    for (uint32_t i = 0; i < room; i++)
        record->held[i].lock |= TRACE_LOCK_GREEN;
    arch_local_add(&record->locks, room);
}

/* ---- waiting ---- */

static int holds_lock(const struct trace_thread *record, void *lock)
{
    return lock_is_held(record, lock);
}

/* The owner comes a moment after the lock is taken. 0: it is free again, or nobody can tell. */
static int32_t owner_of(const pthread_mutex_t *mutex)
{
    int32_t owner = 0;
    for (int i = 0; i < OWNER_PATIENCE && !owner; i++) {
        owner = __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED);
        if (!__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED))
            break;
    }
    return owner;
}

/* The thread that holds the lock. Of several readers one is named. */
static const struct trace_thread *holder_of(const struct lock_wait *w)
{
    const pthread_rwlock_t *lock = w->lock;
    if (w->kind == TRACE_LOCK_MUTEX)
        return roster_find(owner_of(w->lock));
    if (lock->__data.__cur_writer)
        return roster_find(lock->__data.__cur_writer);
    return roster_each(READERS_ASKED, holds_lock, (void *)w->lock);
}

/* The holder goes on meanwhile: what is read may be of two moments, and is checked for being a slot
 * at all. */
static void find_activity(const struct trace_thread *record, struct lock_holder *holder)
{
    const struct trace_current *current = &record->current;
    uint64_t frame = __atomic_load_n(&current->frame, __ATOMIC_ACQUIRE);
    uint32_t id = __atomic_load_n(&current->slot, __ATOMIC_RELAXED);
    uint32_t call = __atomic_load_n(&current->call, __ATOMIC_RELAXED);
    const struct trace_slot *slot = trace_slot_at(id);
    holder->state = HOLDER_OUTSIDE;
    if (!frame || __atomic_load_n(&current->frame, __ATOMIC_ACQUIRE) != frame || (id && !slot))
        return;
    holder->state = HOLDER_IN_CALL;
    holder->call = slot ? slot->call : (uint16_t)call;
    holder->context = slot ? slot->context : 0;
}

/* A parked green thread of this thread. */
static int find_parked_holder(struct lock_wait *w)
{
    uint32_t id;
    if (!ROUTE_IS_GREEN() || !kept_holder(w->lock, &w->holder.caller, &id))
        return 0;
    const struct trace_slot *slot = trace_slot_at(id);
    w->holder.state = slot ? HOLDER_IN_CALL : HOLDER_OUTSIDE;
    w->holder.call = slot ? slot->call : 0;
    w->holder.context = slot ? slot->context : 0;
    return 1;
}

static void find_holder(struct lock_wait *w)
{
    const struct trace_thread *record = holder_of(w);
    w->holder = (struct lock_holder){.state = HOLDER_UNKNOWN};
    if (find_parked_holder(w) || !record)
        return;
    for (unsigned i = record->locks & TRACE_LOCKS_HELD; i--;) {
        const struct trace_held *held = &record->held[i % TRACE_HELD];
        if (lock_held_address(held) != (uintptr_t)w->lock)
            continue;
        w->holder.caller = __atomic_load_n(&held->caller, __ATOMIC_RELAXED);
        break;
    }
    find_activity(record, &w->holder);
}

/* The unwinder's own locks are waited for unseen: learning the chain would take them once more. */
static int is_unwinders(const void *caller)
{
    int libc;
    return unwinders_module &&
           TRACE_FRAME_MODULE(modules_frame((uintptr_t)caller, &libc)) == unwinders_module;
}

int lock_wait_begin(struct lock_wait *w, uint16_t call, const void *lock, uintptr_t kind)
{
    w->lock = lock;
    w->kind = kind;
    w->call = call;
    w->visit.thread = NULL;
    w->off = route_is_off();
    if (w->off)
        return w->tried;
    int saved = errno;
    struct thread *t = thread_for_lock();
    if (ROUTE_IS_GREEN())
        green_lock_asked(w, t);
    if (!w->tried) {
        if (t)
            hold(t, w, TRACE_LOCKS_ONE);
        else
            count_aside();
    } else if (t && !is_unwinders(w->caller)) {
        guard_enter(&w->visit, call, w->caller, w->frame);
        w->visit.address = lock;
        find_holder(w);
        guard_begin(&w->visit, 0);
    }
    errno = saved;
    return w->tried;
}

static int is_c11(const struct lock_wait *w)
{
    return w->call == CALL_mtx_lock || w->call == CALL_mtx_timedlock;
}

int lock_try_again(const struct lock_wait *w)
{
    void *lock = (void *)w->lock;
    switch (w->kind) {
    case TRACE_LOCK_READ:
        return lock_tries.read(lock);
    case TRACE_LOCK_WRITE:
        return lock_tries.write(lock);
    default:
        return is_c11(w) ? lock_tries.mtx(lock) : lock_tries.mutex(lock);
    }
}

int lock_can_try_for(void)
{
    return timed;
}

/* By the clock that every kind of lock knows. */
int lock_try_for(const struct lock_wait *w, int64_t ns)
{
    void *lock = (void *)w->lock;
    int64_t then = raw_now(CLOCK_REALTIME) + ns;
    const struct timespec until = {then / 1000000000, then % 1000000000};
    int result;
    if (is_c11(w)) {
        result = REAL(mtx_timedlock)(lock, &until);
        return result == thrd_timedout ? thrd_busy : result;
    }
    if (w->kind == TRACE_LOCK_READ)
        result = REAL(pthread_rwlock_timedrdlock)(lock, &until);
    else if (w->kind == TRACE_LOCK_WRITE)
        result = REAL(pthread_rwlock_timedwrlock)(lock, &until);
    else
        result = REAL(pthread_mutex_timedlock)(lock, &until);
    return result == ETIMEDOUT ? EBUSY : result;
}

static void note_wait(const struct lock_wait *w)
{
    const struct trace_slot *slot = trace_at(w->visit.slot);
    int libc;
    struct trace_lock fact = {.head.aux = LOCK_WAITED,
                              .context = slot->context,
                              .call = slot->call,
                              .holder = w->holder.state,
                              .holder_context = w->holder.context,
                              .holder_call = w->holder.call};
    if (w->holder.caller)
        fact.frame = modules_frame(w->holder.caller, &libc);
    contention_add(w->visit.thread, &fact, w->visit.ticks);
}

/* What is held is noted first: others may be waiting already, and ask. */
void lock_wait_end(struct lock_wait *w, int failed, int result)
{
    int saved = errno;
    struct thread *t = w->visit.thread;
    if (!result || result == EOWNERDEAD)
        lock_note_taken(t, w);
    if (ROUTE_IS_GREEN())
        aside_leave(&w->visit, 0, failed, result);
    else
        guard_leave(&w->visit, 0, failed, result);
    if (t && t->epoch && w->visit.slot && call_infos[w->visit.call].blocks == BLOCKS_LOCK)
        note_wait(w);
    else if (!t && observe_epoch && !w->off)
        trace_lose(TRACE_LOSS_CALLS, 1);
    errno = saved;
}

/* ---- blocked while holding ---- */

/* Does the word at an address, which may be gone, hold a value? By a system call that compares, and
 * moves none of no waiters (futex(2), FUTEX_CMP_REQUEUE). */
static int word_is(uintptr_t address, uint32_t value)
{
    long result = arch_syscall(SYS_futex, (long)address, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0,
                               (long)address, (long)value);
    return result != -EAGAIN && result != -EFAULT && result != -EINVAL;
}

int lock_is_still_held(const struct trace_held *held, int32_t tid)
{
    uintptr_t lock = lock_held_address(held);
    switch (held->lock & TRACE_LOCK_KINDS) {
    case TRACE_LOCK_MUTEX:
        return word_is(lock + offsetof(pthread_mutex_t, __data.__owner), (uint32_t)tid);
    case TRACE_LOCK_WRITE:
        return word_is(lock + offsetof(pthread_rwlock_t, __data.__cur_writer), (uint32_t)tid);
    default:
        return 1;
    }
}

static void note_held(struct thread *t, const struct trace_slot *slot,
                      const struct trace_held *held, enum trace_lock_fact kind, uint64_t ticks)
{
    int libc;
    struct trace_lock fact = {.head.aux = kind,
                              .context = slot->context,
                              .call = slot->call,
                              .frame = modules_frame(held->caller, &libc)};
    contention_add(t, &fact, ticks);
}

void lock_note_held(struct thread *t, const struct trace_slot *slot, const void *released,
                    uint64_t ticks)
{
    struct trace_thread *record = t->record;
    enum trace_lock_fact kind = LOCK_HELD;
    uintptr_t latest = (uintptr_t)released;
    for (unsigned i = record->locks & TRACE_LOCKS_HELD; i--;) {
        struct trace_held held = record->held[i];
        /* taken more than once, one after the other */
        if (lock_held_address(&held) == latest || lock_held_address(&held) == (uintptr_t)released)
            continue;
        if (!trace_sealed() && !lock_is_still_held(&held, record->tid)) {
            drop(record, i);
            continue;
        }
        latest = lock_held_address(&held);
        note_held(t, slot, &held, kind, ticks);
        kind = LOCK_HELD_TOO;
    }
}
