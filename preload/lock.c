/* SPDX-License-Identifier: MIT
 *
 * See lock.h. This is what happens around a lock that was not free, and what a blocked call learns
 * of the locks that its thread holds.
 */
#include "lock.h"

#include "contention.h"
#include "modules.h"
#include "raw.h"
#include "roster.h"

#include <dlfcn.h>
#include <linux/futex.h>

enum { READERS_ASKED = 64, OWNER_PATIENCE = 50 };

static uint64_t early;            /* locks taken before there was a trace */
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

void lock_start(void)
{
    int same = from_one_library((void *)real_calls.pthread_mutex_lock,
                                (void *)real_calls.pthread_mutex_trylock);
    lock_tries.mutex = same ? real_calls.pthread_mutex_trylock : mutex_is_busy;
    same = from_one_library((void *)real_calls.mtx_lock, (void *)real_calls.mtx_trylock);
    lock_tries.mtx = same ? real_calls.mtx_trylock : mtx_is_busy;
    same = from_one_library((void *)real_calls.pthread_rwlock_rdlock,
                            (void *)real_calls.pthread_rwlock_tryrdlock);
    lock_tries.read = same ? real_calls.pthread_rwlock_tryrdlock : rwlock_is_busy;
    same = from_one_library((void *)real_calls.pthread_rwlock_wrlock,
                            (void *)real_calls.pthread_rwlock_trywrlock);
    lock_tries.write = same ? real_calls.pthread_rwlock_trywrlock : rwlock_is_busy;
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

static uintptr_t address_of(uint64_t held)
{
    return held & ~(uint64_t)TRACE_LOCK_KINDS;
}

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

/* Notes a lock as held; `counted` is TRACE_LOCKS_ONE if it was free. */
static void hold(struct thread *t, const struct lock_wait *w, uint64_t counted)
{
    struct trace_thread *record = t->record;
    unsigned held = record->locks & TRACE_LOCKS_HELD;
    if (held >= TRACE_HELD) {
        arch_local_add(&record->unheld, 1);
        arch_local_add(&record->locks, counted);
        return;
    }
    record->held[held].lock = (uintptr_t)w->lock | w->kind;
    record->held[held].caller = (uintptr_t)w->caller;
    arch_local_add(&record->locks, counted + 1);
}

static void drop(struct trace_thread *record, unsigned index)
{
    unsigned held = record->locks & TRACE_LOCKS_HELD;
    for (unsigned i = index; i + 1 < held; i++)
        record->held[i] = record->held[i + 1];
    arch_local_add(&record->locks, (uint64_t)-1);
}

void lock_forget(const void *lock)
{
    struct thread *t = thread_self;
    if (t == &thread_none || !t->epoch)
        return;
    for (unsigned i = t->record->locks & TRACE_LOCKS_HELD; i--;)
        if (address_of(t->record->held[i].lock) == (uintptr_t)lock) {
            drop(t->record, i);
            return;
        }
}

/* ---- waiting ---- */

static int holds_lock(const struct trace_thread *record, void *lock)
{
    for (unsigned i = 0; i < TRACE_HELD && i < (record->locks & TRACE_LOCKS_HELD); i++)
        if (address_of(record->held[i].lock) == (uintptr_t)lock)
            return 1;
    return 0;
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

static void find_holder(struct lock_wait *w)
{
    const struct trace_thread *record = holder_of(w);
    w->holder = (struct lock_holder){.state = HOLDER_UNKNOWN};
    if (!record)
        return;
    for (unsigned i = record->locks & TRACE_LOCKS_HELD; i--;) {
        const struct trace_held *held = &record->held[i % TRACE_HELD];
        if (address_of(__atomic_load_n(&held->lock, __ATOMIC_RELAXED)) != (uintptr_t)w->lock)
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
    w->visit.thread = NULL;
    w->off = route_is_off();
    if (w->off)
        return w->tried;
    int saved = errno;
    struct thread *t = thread_for_lock();
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
    if (t && t->epoch && (!result || result == EOWNERDEAD))
        hold(t, w, 0);
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

/* A lock that another thread gave back, or that was made anew, is not held any more. */
static int still_held(const struct trace_held *held, int32_t tid)
{
    uintptr_t lock = address_of(held->lock);
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
        if (address_of(held.lock) == latest || address_of(held.lock) == (uintptr_t)released)
            continue;
        if (!trace_sealed() && !still_held(&held, record->tid)) {
            drop(record, i);
            continue;
        }
        latest = address_of(held.lock);
        note_held(t, slot, &held, kind, ticks);
        kind = LOCK_HELD_TOO;
    }
}
