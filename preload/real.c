/* SPDX-License-Identifier: MIT
 *
 * See real.h.
 */
#include "real.h"

#include <dlfcn.h>
#include <errno.h>

struct real_calls real_calls;

static long no_such_call(void)
{
    errno = ENOSYS;
    return -1;
}

void *real_find(void **where, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        found = (void *)no_such_call;
    __atomic_store_n(where, found, __ATOMIC_RELEASE);
    return found;
}

void real_resolve(void)
{
#define CALL(name, ...)   \
    if (!real_calls.name) \
        real_find((void **)&real_calls.name, #name);
#define CALL_VOID CALL
#define VARIADIC  CALL
#define ALIAS(twin, name)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
}
