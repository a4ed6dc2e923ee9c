/* SPDX-License-Identifier: MIT
 *
 * See waiters.h. A fixed table without a lock, for a signal handler may post while its thread is in
 * here. Who wakes claims the entry first: its owner cannot give the parcel back before it is
 * finished, or another's call would be.
 */
#include "waiters.h"

#include "mask.h"
#include "parcel.h"
#include "raw.h"
#include "trace_format.h"

#include <errno.h>
#include <pthread.h>

enum state { FREE, CLAIMED, WAITING, WAKING, WOKEN };

struct waiter {
    uint32_t state; /* FREE, CLAIMED and WAITING by its owner; WAKING and WOKEN by who wakes it */
    const void *object;
    struct parcel *parcel;
    uint64_t ticket;
    uintptr_t thread; /* pthread_self(); 0: it is free */
};

static struct table {
    uint64_t tickets;
    uint32_t waiting; /* entries that are in use */
    uint32_t used;    /* entries from there on were never claimed */
    struct waiter waiter[WAITERS];
} * table; /* wiped by fork; NULL: not started */

int waiters_start(void)
{
    if (__atomic_load_n(&table, __ATOMIC_ACQUIRE))
        return 0;
    struct table *none = NULL, *memory = raw_mmap(sizeof *memory, PROT_READ | PROT_WRITE,
                                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (raw_mmap_failed(memory))
        return -ENOMEM;
    if (raw_madvise(memory, sizeof *memory, MADV_WIPEONFORK) != 0 ||
        !__atomic_compare_exchange_n(&table, &none, memory, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        raw_munmap(memory, sizeof *memory);
    return __atomic_load_n(&table, __ATOMIC_ACQUIRE) ? 0 : -ENOMEM;
}

static struct waiter *claim(void)
{
    for (uint32_t i = 0; table && i < WAITERS; i++) {
        uint32_t free = FREE, known = __atomic_load_n(&table->used, __ATOMIC_RELAXED);
        if (!__atomic_compare_exchange_n(&table->waiter[i].state, &free, CLAIMED, 0,
                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        while (known <= i && !__atomic_compare_exchange_n(&table->used, &known, i + 1, 0,
                                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            ;
        return &table->waiter[i];
    }
    return NULL;
}

int waiters_add(struct waiting *waiting, const void *object)
{
    int reason = REASON_NO_WORKER;
    struct waiter *waiter = claim();
    struct parcel *parcel = waiter ? parcel_take(&reason) : NULL;
    if (!parcel) {
        if (waiter)
            __atomic_store_n(&waiter->state, FREE, __ATOMIC_RELEASE);
        return reason;
    }
    if (!waiting->ticket)
        waiting->ticket = __atomic_add_fetch(&table->tickets, 1, __ATOMIC_RELAXED);
    waiting->entry = waiter;
    waiting->parcel = parcel;
    waiting->process = parcel_process();
    __atomic_store_n(&waiter->ticket, waiting->ticket, __ATOMIC_RELAXED);
    waiter->parcel = parcel;
    __atomic_store_n(&waiter->thread, (uintptr_t)pthread_self(), __ATOMIC_RELAXED);
    __atomic_store_n(&waiter->object, object, __ATOMIC_RELAXED);
    __atomic_fetch_add(&table->waiting, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&waiter->state, WAITING, __ATOMIC_SEQ_CST);
    return REASON_NONE;
}

int waiters_fd(const struct waiting *waiting)
{
    return parcel_fd(waiting->parcel);
}

int waiters_is_woken(const struct waiting *waiting)
{
    return parcel_process() != waiting->process ||
           __atomic_load_n(&waiting->entry->state, __ATOMIC_ACQUIRE) != WAITING;
}

int waiters_remove(struct waiting *waiting)
{
    struct waiter *waiter = waiting->entry;
    uint32_t state = WAITING;
    if (parcel_process() != waiting->process)
        return 1;
    int woken = !__atomic_compare_exchange_n(&waiter->state, &state, CLAIMED, 0, __ATOMIC_ACQ_REL,
                                             __ATOMIC_ACQUIRE);
    while (__atomic_load_n(&waiter->state, __ATOMIC_ACQUIRE) == WAKING)
        arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    if (woken)
        parcel_is_over(waiting->parcel); /* whoever has it next begins with nothing to read */
    parcel_give(waiting->parcel);
    __atomic_store_n(&waiter->thread, 0, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&table->waiting, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&waiter->state, FREE, __ATOMIC_RELEASE);
    return woken;
}

void waiters_leave(void)
{
    uint32_t end = table ? __atomic_load_n(&table->used, __ATOMIC_SEQ_CST) : 0;
    for (uint32_t i = 0; i < end; i++) {
        struct waiter *waiter = &table->waiter[i];
        if (__atomic_load_n(&waiter->thread, __ATOMIC_RELAXED) != (uintptr_t)pthread_self())
            continue;
        struct waiting waiting = {
            .entry = waiter, .parcel = waiter->parcel, .process = parcel_process()};
        waiters_remove(&waiting);
    }
}

/* ---- waking ---- */

static int waits_for(const struct waiter *waiter, const void *object)
{
    return __atomic_load_n(&waiter->state, __ATOMIC_SEQ_CST) == WAITING &&
           __atomic_load_n(&waiter->object, __ATOMIC_RELAXED) == object;
}

static struct waiter *longest_waiting(const void *object)
{
    struct waiter *found = NULL;
    uint64_t longest = UINT64_MAX;
    uint32_t end = __atomic_load_n(&table->used, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < end; i++) {
        struct waiter *waiter = &table->waiter[i];
        uint64_t ticket = __atomic_load_n(&waiter->ticket, __ATOMIC_RELAXED);
        if (waits_for(waiter, object) && ticket < longest) {
            longest = ticket;
            found = waiter;
        }
    }
    return found;
}

/* 1: it waited for the object, and is woken. Another's entry that has taken its place meanwhile is
 * woken for nothing, which it bears. Its owner waits until it is told: no handler jumps out before.
 */
static uint32_t wake(struct waiter *waiter, const void *object)
{
    uint32_t waiting = WAITING, woken = 0;
    uint64_t before = mask_begin();
    if (__atomic_compare_exchange_n(&waiter->state, &waiting, WAKING, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        woken = __atomic_load_n(&waiter->object, __ATOMIC_RELAXED) == object;
        parcel_finish(waiter->parcel);
        __atomic_store_n(&waiter->state, WOKEN, __ATOMIC_RELEASE);
    }
    mask_end(before);
    return woken;
}

uint32_t waiters_wake(const void *object, int all)
{
    uint32_t woken = 0;
    if (!table || !__atomic_load_n(&table->waiting, __ATOMIC_SEQ_CST))
        return 0;
    for (struct waiter *waiter; (all || !woken) && (waiter = longest_waiting(object));)
        woken += wake(waiter, object);
    return woken;
}
