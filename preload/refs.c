/* SPDX-License-Identifier: MIT
 *
 * See refs.h. The mapping for more has lists of its own: 256 are too few for many thousands, and
 * what an ordinary thread touches should be a page or two.
 */
#include "refs.h"

#include "arch_x86_64.h"
#include "raw.h"
#include "thread.h"
#include "trace.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
    ARENA_SHARE = 8, /* of the arena */
    TRACE_SHARE = 8, /* of the trace: it takes 192 bytes of that to need one reference */
    MORE_MOST = 4 << 20,
    MORE_LEAST = 64 << 10,
    MORE_ROOTS = 4096,
    SPARE = 64 /* kept for slots without chain: their calls are counted to the end */
};

struct refs_more {
    uint32_t root[MORE_ROOTS];
    struct ref ref[];
};

/* Not in the thread's state, for a fork wipes that; the mapping itself is wiped, too. */
static __thread struct refs_more *mapped;
static __thread size_t mapped_size;

uint32_t refs_share(uint32_t entries)
{
    return entries / ARENA_SHARE;
}

static uint64_t hash(uint16_t call, uint64_t key)
{
    return (key ^ (uint64_t)call << 40) * 0x9e3779b97f4a7c15u;
}

static uint32_t *root_in_arena(struct thread *t, uint64_t h)
{
    return &t->ref_root[h >> 56 & (REFS_ROOTS - 1)];
}

static uint32_t *root_in_more(struct thread *t, uint64_t h)
{
    return &t->more->root[h >> 52 & (MORE_ROOTS - 1)];
}

/* From 1: first the arena's, which lie at its end, then those in the mapping. */
static struct ref *ref_at(struct thread *t, uint32_t index)
{
    return index <= t->refs_room ? &t->arena[t->room - index].ref
                                 : &t->more->ref[index - t->refs_room - 1];
}

static uint32_t find_in(struct thread *t, uint32_t first, uint16_t kind, uint16_t call,
                        uint64_t key)
{
    for (uint32_t i = first; i; i = ref_at(t, i)->next) {
        const struct ref *ref = ref_at(t, i);
        if (ref->key == key && ref->call == call && ref->kind == kind)
            return ref->id;
    }
    return 0;
}

uint32_t refs_find(struct thread *t, enum trace_record_type kind, uint16_t call, uint64_t key)
{
    uint64_t h = hash(call, key);
    uint32_t id = find_in(t, *root_in_arena(t, h), (uint16_t)kind, call, key);
    if (!id && t->more)
        id = find_in(t, *root_in_more(t, h), (uint16_t)kind, call, key);
    return id;
}

static size_t size_wanted(void)
{
    size_t size = trace_mapped() / TRACE_SHARE & ~(size_t)4095;
    return size > MORE_MOST ? MORE_MOST : size < MORE_LEAST ? MORE_LEAST : size;
}

/* A handler may map one in the middle of it: then that one is used. */
static void map(void)
{
    struct refs_more *none = NULL;
    size_t size = mapped_size = size_wanted();
    struct refs_more *fresh = thread_map(size);
    if (fresh &&
        !__atomic_compare_exchange_n(&mapped, &none, fresh, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        raw_munmap(fresh, size);
}

static int more_begin(struct thread *t)
{
    if (!mapped && !trace_sealed())
        map();
    if (!mapped)
        return 0;
    t->more_room = (uint32_t)((mapped_size - offsetof(struct refs_more, ref)) / sizeof(struct ref));
    t->more = mapped;
    return 1;
}

static int arena_has(const struct thread *t, uint32_t wanted)
{
    return t->refs + wanted <= t->refs_room;
}

static int more_has(const struct thread *t, uint32_t wanted)
{
    return t->more && t->more_refs + wanted <= t->more_room;
}

int refs_have_room(struct thread *t)
{
    return arena_has(t, SPARE + 2) || more_has(t, 2) || (!t->more && more_begin(t));
}

/* 0: no room. */
static uint32_t ref_new(struct thread *t)
{
    if (!arena_has(t, SPARE + 1) && more_has(t, 1)) {
        uint32_t i = arch_local_fetch_add(&t->more_refs, 1) + 1;
        return i <= t->more_room ? t->refs_room + i : 0;
    }
    uint32_t i = arena_has(t, 1) ? arch_local_fetch_add(&t->refs, 1) + 1 : 0;
    return i <= t->refs_room ? i : 0;
}

void refs_add(struct thread *t, enum trace_record_type kind, uint16_t call, uint64_t key,
              uint32_t id)
{
    uint32_t i = ref_new(t);
    if (!i)
        return;
    uint64_t h = hash(call, key);
    uint32_t *root = i <= t->refs_room ? root_in_arena(t, h) : root_in_more(t, h);
    struct ref *ref = ref_at(t, i);
    *ref = (struct ref){.key = key, .id = id, .next = *root, .call = call, .kind = (uint16_t)kind};
    while (!__atomic_compare_exchange_n(root, &ref->next, i, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        continue;
}

void refs_unlock(const struct thread *t)
{
    const uintptr_t page = 4096;
    if (!mapped)
        return;
    arch_syscall(SYS_munlock, (long)mapped, (long)mapped_size, 0, 0, 0, 0);
    uintptr_t to = (uintptr_t)mapped + mapped_size;
    uintptr_t from = ((uintptr_t)&mapped->ref[t->more_refs] + page - 1) & ~(page - 1);
    if (from < to)
        raw_madvise((void *)from, to - from, MADV_DONTNEED);
}

void refs_leave(void)
{
    if (mapped && !trace_sealed())
        raw_munmap(mapped, mapped_size);
    mapped = NULL;
    mapped_size = 0;
}
