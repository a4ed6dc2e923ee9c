/* SPDX-License-Identifier: MIT
 *
 * See kept.h. One table for the process, whose entries are claimed by their state; an entry is its
 * thread's, and no other reads more of it than whose it is. A fork child has a copy: the green
 * threads of the thread that forked are there, too, and keep what they kept.
 */
#include "kept.h"

#include "lock.h"
#include "modules.h"
#include "raw.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { ENTRIES = 2048 };

struct kept {
    uintptr_t thread; /* pthread_self(), which is the same in a fork child; 0: free */
    uint32_t library;
    uint32_t slot;  /* of the call that is parked */
    uint32_t count; /* of `held` */
    struct trace_held held[TRACE_HELD];
};

static struct kept *entries; /* NULL: not started */
static uint32_t used;        /* entries from there on were never claimed */
static uint32_t hint;        /* the latest that was given back */
static __thread uint32_t parked;
static __thread uint32_t untold; /* ... of which there is no entry */

int kept_start(void)
{
    if (__atomic_load_n(&entries, __ATOMIC_ACQUIRE))
        return 0;
    size_t size = ENTRIES * sizeof *entries;
    struct kept *none = NULL, *memory = raw_mmap(size, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (raw_mmap_failed(memory))
        return -ENOMEM;
    if (!__atomic_compare_exchange_n(&entries, &none, memory, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        raw_munmap(memory, size);
    return 0;
}

/* ---- entries ---- */

static uintptr_t self(void)
{
    return (uintptr_t)pthread_self();
}

static int is_free(const struct kept *kept)
{
    return !__atomic_load_n(&kept->thread, __ATOMIC_RELAXED);
}

static struct kept *claim(void)
{
    uint32_t first = __atomic_load_n(&hint, __ATOMIC_RELAXED);
    for (uint32_t n = 0; entries && n < ENTRIES; n++) {
        uint32_t i = (first + n) % ENTRIES;
        uintptr_t none = 0;
        if (!is_free(&entries[i]) ||
            !__atomic_compare_exchange_n(&entries[i].thread, &none, self(), 0, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            continue;
        uint32_t known = __atomic_load_n(&used, __ATOMIC_RELAXED);
        while (known <= i && !__atomic_compare_exchange_n(&used, &known, i + 1, 0, __ATOMIC_RELEASE,
                                                          __ATOMIC_RELAXED))
            ;
        return &entries[i];
    }
    return NULL;
}

int kept_has_room(void)
{
    if (entries && __atomic_load_n(&used, __ATOMIC_RELAXED) < ENTRIES)
        return 1;
    for (uint32_t i = 0; entries && i < ENTRIES; i++)
        if (is_free(&entries[i]))
            return 1;
    return 0;
}

static int is_mine(const struct kept *kept)
{
    return __atomic_load_n(&kept->thread, __ATOMIC_ACQUIRE) == self();
}

/* Entries that may be in use; none of them is the calling thread's if it has parked nobody. */
static uint32_t in_use(void)
{
    return parked ? __atomic_load_n(&used, __ATOMIC_ACQUIRE) : 0;
}

/* ---- parking ---- */

struct kept *kept_put_aside(const struct visit *v)
{
    struct thread *t = v->thread;
    struct kept *kept = claim();
    parked++;
    if (!kept) {
        untold++;
        return NULL;
    }
    kept->library = kept_library(v);
    kept->slot = v->slot;
    kept->count = 0;
    if (t && t->epoch)
        kept->count = lock_put_aside(t, kept->held);
    return kept;
}

void kept_take_back(struct kept *kept)
{
    struct thread *t = thread_self;
    parked--;
    if (!kept) {
        untold--;
        return;
    }
    if (t != &thread_none && t->epoch)
        lock_take_back(t, kept->held, kept->count);
    __atomic_store_n(&kept->thread, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&hint, (uint32_t)(kept - entries), __ATOMIC_RELAXED);
}

void kept_leave(void)
{
    uint32_t end = in_use();
    for (uint32_t i = 0; i < end; i++)
        if (is_mine(&entries[i]))
            __atomic_store_n(&entries[i].thread, 0, __ATOMIC_RELEASE);
    parked = untold = 0;
}

uint32_t kept_parked(void)
{
    return parked;
}

/* ---- libraries ---- */

static int is_passed_over(uint16_t module)
{
    const struct trace_module *record = modules_record(module);
    const struct trace_string *path = record && record->path ? trace_at(record->path) : NULL;
    return !record || record->flags & (MODULE_LIBC | MODULE_SHUNT) ||
           (path && strstr(path->text, "/libstdc++.so"));
}

uint32_t kept_library(const struct visit *v)
{
    int libc;
    uint16_t module = TRACE_FRAME_MODULE(modules_frame(v->caller, &libc));
    if (!v->thread || !is_passed_over(module))
        return module;
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    const struct trace_context *context = slot && slot->context ? trace_at(slot->context) : NULL;
    for (uint32_t i = 0; context && i < context->frames; i++)
        if (!is_passed_over(TRACE_FRAME_MODULE(context->frame[i])))
            return TRACE_FRAME_MODULE(context->frame[i]);
    return module;
}

uint32_t kept_parked_in(uint32_t library)
{
    uint32_t found = untold, end = in_use();
    for (const struct kept *kept = entries; kept < entries + end; kept++)
        found += is_mine(kept) && kept->library == library;
    return found;
}

/* ---- locks ---- */

static struct trace_held *find(const void *lock, struct kept **whose)
{
    uint32_t end = in_use();
    for (uint32_t i = 0; i < end; i++)
        for (uint32_t j = 0; is_mine(&entries[i]) && j < entries[i].count; j++)
            if (lock_held_address(&entries[i].held[j]) == (uintptr_t)lock) {
                *whose = &entries[i];
                return &entries[i].held[j];
            }
    return NULL;
}

int kept_holds(const void *lock)
{
    struct kept *whose;
    return find(lock, &whose) != NULL;
}

/* Of other threads' entries only what is read once, and may be half: it is asked again. */
int kept_holds_anywhere(const void *lock)
{
    uint32_t end = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < end; i++) {
        uint32_t count = __atomic_load_n(&entries[i].count, __ATOMIC_RELAXED);
        for (uint32_t j = 0; !is_free(&entries[i]) && j < count && j < TRACE_HELD; j++)
            if (lock_held_address(&entries[i].held[j]) == (uintptr_t)lock)
                return 1;
    }
    return 0;
}

int kept_holder(const void *lock, uintptr_t *caller, uint32_t *slot)
{
    struct kept *whose;
    const struct trace_held *held = find(lock, &whose);
    if (!held)
        return 0;
    *caller = held->caller;
    *slot = whose->slot;
    return 1;
}

int kept_gave(const void *lock)
{
    struct kept *whose;
    struct trace_held *held = find(lock, &whose);
    if (!held)
        return 0;
    whose->count--;
    size_t behind = (size_t)(&whose->held[whose->count] - held);
    memmove(held, held + 1, behind * sizeof *held);
    return 1;
}
