/* SPDX-License-Identifier: MIT
 *
 * See parcel.h. The list of free parcels is a stack without a lock, as those of workers are.
 */
#include "parcel.h"

#include "raw.h"
#include "trace_format.h"
#include "wakers.h"

#include <limits.h>
#include <pthread.h>

_Static_assert((int)PARCELS == (int)WAKERS, "a waker for each");

enum process { NOT_ENTERED, ENTERING, ENTERED };

/* Wiped in a fork child. */
static struct memory {
    uint32_t state;              /* enum process */
    uint32_t number;             /* of the process */
    uint32_t used;               /* parcels that were ever handed out */
    uint64_t free;               /* number of changes << 32 | index + 1 */
    uintptr_t lent_for[PARCELS]; /* pthread_self(); 0: it is not lent */
    struct parcel parcel[PARCELS];
} * memory;

static uint32_t processes; /* of this line, kept across fork */

static unsigned index_of(const struct parcel *parcel)
{
    return (unsigned)(parcel - memory->parcel);
}

/* The first parcel of a process. A second thread waits, for an instant. */
static void enter(void)
{
    uint32_t state = NOT_ENTERED;
    if (__atomic_compare_exchange_n(&memory->state, &state, ENTERING, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        if (processes++)
            wakers_forget();
        memory->number = processes;
        __atomic_store_n(&memory->state, ENTERED, __ATOMIC_RELEASE);
    }
    while (__atomic_load_n(&memory->state, __ATOMIC_ACQUIRE) != ENTERED)
        arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

uint32_t parcel_process(void)
{
    if (__atomic_load_n(&memory->state, __ATOMIC_ACQUIRE) != ENTERED)
        enter();
    return memory->number;
}

static struct parcel *pop(void)
{
    uint64_t top = __atomic_load_n(&memory->free, __ATOMIC_ACQUIRE), next;
    struct parcel *parcel;
    do {
        if (!(uint32_t)top)
            return NULL;
        parcel = &memory->parcel[(uint32_t)top - 1];
        next = ((top >> 32) + 1) << 32 | __atomic_load_n(&parcel->next, __ATOMIC_RELAXED);
    } while (!__atomic_compare_exchange_n(&memory->free, &top, next, 1, __ATOMIC_ACQUIRE,
                                          __ATOMIC_ACQUIRE));
    return parcel;
}

static void push(struct parcel *parcel)
{
    uint64_t top = __atomic_load_n(&memory->free, __ATOMIC_RELAXED), next;
    do {
        __atomic_store_n(&parcel->next, (uint32_t)top, __ATOMIC_RELAXED);
        next = ((top >> 32) + 1) << 32 | (index_of(parcel) + 1);
    } while (!__atomic_compare_exchange_n(&memory->free, &top, next, 1, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

static int make_usable(void *pages, size_t size)
{
    return arch_syscall(SYS_mprotect, (long)pages, (long)size, PROT_READ | PROT_WRITE, 0, 0, 0) ==
           0;
}

static struct parcel *unused(void)
{
    if (__atomic_load_n(&memory->used, __ATOMIC_RELAXED) >= PARCELS)
        return NULL;
    uint32_t index = __atomic_fetch_add(&memory->used, 1, __ATOMIC_RELAXED);
    if (index >= PARCELS || !make_usable(&memory->parcel[index], sizeof *memory->parcel))
        return NULL;
    return &memory->parcel[index];
}

struct parcel *parcel_claim(int *reason)
{
    parcel_process();
    struct parcel *parcel = pop();
    if (!parcel)
        parcel = unused();
    *reason = REASON_POOL_FULL;
    if (!parcel)
        return NULL;
    parcel->done = PARCEL_UNDER_WAY;
    parcel->used = 0;
    parcel->extras = 0;
    return parcel;
}

struct parcel *parcel_take(int *reason)
{
    struct parcel *parcel = parcel_claim(reason);
    if (!parcel || parcel_fd(parcel) >= 0)
        return parcel;
    *reason = REASON_NO_DESCRIPTOR;
    push(parcel);
    return NULL;
}

void parcel_give(struct parcel *parcel)
{
    for (uint32_t i = 0; i < parcel->extras; i++)
        raw_munmap(parcel->extra[i].memory, parcel->extra[i].size);
    push(parcel);
}

static void *room_of_its_own(struct parcel *parcel, size_t size)
{
    if (parcel->extras == PARCEL_EXTRA || size > INT_MAX)
        return NULL;
    void *made = raw_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (raw_mmap_failed(made))
        return NULL;
    parcel->extra[parcel->extras].memory = made;
    parcel->extra[parcel->extras++].size = size;
    return made;
}

void *parcel_room(struct parcel *parcel, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > PARCEL_ROOM - parcel->used)
        return room_of_its_own(parcel, size);
    void *room = parcel->room + parcel->used;
    parcel->used += (uint32_t)rounded;
    return room;
}

int parcel_fd(const struct parcel *parcel)
{
    return waker_fd(index_of(parcel));
}

void parcel_finish(struct parcel *parcel)
{
    unsigned number = index_of(parcel);
    if (__atomic_exchange_n(&parcel->done, PARCEL_OVER, __ATOMIC_ACQ_REL) == PARCEL_LEFT)
        parcel_give(parcel);
    else
        waker_wake(number);
}

int parcel_is_over(struct parcel *parcel)
{
    waker_clear(index_of(parcel));
    return __atomic_load_n(&parcel->done, __ATOMIC_ACQUIRE) == PARCEL_OVER;
}

/* ---- threads that end ---- */

void parcel_lend(const struct parcel *parcel)
{
    __atomic_store_n(&memory->lent_for[index_of(parcel)], (uintptr_t)pthread_self(),
                     __ATOMIC_RELAXED);
}

void parcel_have(const struct parcel *parcel)
{
    __atomic_store_n(&memory->lent_for[index_of(parcel)], 0, __ATOMIC_RELAXED);
}

void parcel_leave(void)
{
    for (uint32_t i = 0; memory && i < PARCELS; i++) {
        struct parcel *parcel = &memory->parcel[i];
        if (__atomic_load_n(&memory->lent_for[i], __ATOMIC_RELAXED) != (uintptr_t)pthread_self())
            continue;
        parcel_have(parcel);
        waker_clear(i);
        if (__atomic_exchange_n(&parcel->done, PARCEL_LEFT, __ATOMIC_ACQ_REL) == PARCEL_OVER)
            parcel_give(parcel);
    }
}

/* What nobody may write to yet does not count against the program's RLIMIT_DATA. */
int parcel_start(void)
{
    size_t size = sizeof *memory;
    void *made = raw_mmap(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (raw_mmap_failed(made))
        return 0;
    if (raw_madvise(made, size, MADV_WIPEONFORK) != 0 ||
        !make_usable(made, offsetof(struct memory, parcel))) {
        raw_munmap(made, size);
        return 0;
    }
    raw_madvise(made, size, MADV_NOHUGEPAGE);
    memory = made;
    return wakers_start() == 0;
}
