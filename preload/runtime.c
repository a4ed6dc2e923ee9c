/* SPDX-License-Identifier: MIT
 *
 * See runtime.h. Runtimes are read at every call that goes green and written a few times in the
 * life of a process: readers follow pointers to copies that never change, without a lock.
 */
#include "runtime.h"

#include "raw.h"
#include "runtime_python.h"

#include <errno.h>
#include <shunt.h>
#include <string.h>

/* The adapters that are part of the library. */
static const struct runtime *const built_in[] = {
    &runtime_python,
};

enum { COPIES = 4 * RUNTIMES }; /* a name may be announced again, which leaves the old copy */

static struct runtime copies[COPIES];
static const struct runtime *known[RUNTIMES];
static uint32_t copied, registering;

/* ---- those that register ---- */

static int enter(void)
{
    return REASON_NONE;
}

static void leave(int interrupted)
{
    (void)interrupted;
}

static int is_usable(const struct shunt_runtime *r)
{
    return r && r->version == SHUNT_RUNTIME_VERSION && r->size >= sizeof *r && r->name &&
           *r->name && strlen(r->name) < sizeof copies->name && r->current && r->wait;
}

/* Where a runtime of this name is, or will be; RUNTIMES: no room. */
static unsigned place_of(const char *name)
{
    unsigned i = 0;
    while (i < RUNTIMES && known[i] && strcmp(known[i]->name, name) != 0)
        i++;
    return i;
}

static int is_same(const struct runtime *known_one, const struct shunt_runtime *r)
{
    return known_one && known_one->current == r->current && known_one->wait == r->wait;
}

static int add(const struct shunt_runtime *r)
{
    unsigned place = place_of(r->name);
    if (place < RUNTIMES && is_same(known[place], r))
        return 0;
    if (place == RUNTIMES || copied == COPIES)
        return ENOSPC;
    struct runtime *copy = &copies[copied++];
    *copy =
        (struct runtime){.enter = enter, .wait = r->wait, .leave = leave, .current = r->current};
    memcpy(copy->name, r->name, strlen(r->name));
    __atomic_store_n(&known[place], copy, __ATOMIC_RELEASE);
    return 0;
}

__attribute__((visibility("default"))) int
shunt_runtime_register(const struct shunt_runtime *runtime)
{
    if (!is_usable(runtime))
        return EINVAL;
    while (__atomic_exchange_n(&registering, 1, __ATOMIC_ACQUIRE))
        arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    int error = add(runtime);
    __atomic_store_n(&registering, 0, __ATOMIC_RELEASE);
    return error;
}

/* ---- which one is it? ---- */

static int refusal(const struct runtime *r, const struct visit *v)
{
    if (r->refuse)
        return r->refuse(v);
    return r->current() ? REASON_NONE : REASON_NO_GREEN;
}

/* Of several answers the one that says most is kept. */
static int may_park(const struct runtime *r, const struct visit *v, int *reason)
{
    int why = refusal(r, v);
    if (why == REASON_NONE) {
        *reason = REASON_NONE;
        return 1;
    }
    if (*reason == REASON_NO_RUNTIME || (why != REASON_NO_RUNTIME && why != REASON_NO_GREEN))
        *reason = why;
    return 0;
}

const struct runtime *runtime_here(const struct visit *v, int *reason)
{
    *reason = REASON_NO_RUNTIME;
    for (unsigned i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (may_park(built_in[i], v, reason))
            return built_in[i];
    for (unsigned i = 0; i < RUNTIMES; i++) {
        const struct runtime *r = __atomic_load_n(&known[i], __ATOMIC_ACQUIRE);
        if (r && may_park(r, v, reason))
            return r;
    }
    return NULL;
}
