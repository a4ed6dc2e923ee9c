/* SPDX-License-Identifier: MIT
 *
 * See real.h.
 */
#include "real.h"

#include "lookup.h"

#include <errno.h>
#include <link.h>

struct real_calls real_calls;

static long no_such_call(void)
{
    errno = ENOSYS;
    return -1;
}

static void *keep(void **where, void *found)
{
    if (!found)
        found = (void *)no_such_call;
    __atomic_store_n(where, found, __ATOMIC_RELEASE);
    return found;
}

void *real_find(void **where, const char *name)
{
    return keep(where, lookup_next(name));
}

/* The object that some address lies in. */
struct span {
    uintptr_t inside, low, high;
};

static int in_object(struct dl_phdr_info *object, size_t size, void *data)
{
    struct span *span = data;
    (void)size;
    span->low = UINTPTR_MAX;
    span->high = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD)
            continue;
        if (start < span->low)
            span->low = start;
        if (start + part->p_memsz > span->high)
            span->high = start + part->p_memsz;
    }
    return span->inside >= span->low && span->inside < span->high;
}

static int same_object(void *a, void *b)
{
    struct span span = {.inside = (uintptr_t)a};
    return dl_iterate_phdr(in_object, &span) && (uintptr_t)b - span.low < span.high - span.low;
}

void *real_find_old(void **where, const char *name, const char *version)
{
    void *next = lookup_next(name);
    void *old = lookup_next_version(name, version);
    return keep(where, old && next && same_object(old, next) ? old : next);
}

void real_resolve(void)
{
#define CALL(name, ...)   \
    if (!real_calls.name) \
        real_find((void **)&real_calls.name, #name);
#define CALL_VOID CALL
#define VARIADIC  CALL
#define ALIAS(twin, name)
#define VERSIONED(name, since, old, ...) \
    CALL(name)                           \
    if (!real_calls.old_##name)          \
        real_find_old((void **)&real_calls.old_##name, #name, #old);
#define VERSIONED_VARIADIC VERSIONED
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
}
