/* SPDX-License-Identifier: MIT
 *
 * See lookup.h.
 */
#include "lookup.h"

#include "dynsym.h"
#include "modules.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

/* _DYNAMIC is this object's own. */
const struct link_map *lookup_us(void)
{
    static const struct link_map *us;
    const struct link_map *map = __atomic_load_n(&us, __ATOMIC_ACQUIRE);
    if (!map) {
        for (map = _r_debug.r_map; map && map->l_ld != _DYNAMIC;)
            map = map->l_next;
        __atomic_store_n(&us, map, __ATOMIC_RELEASE);
    }
    return map;
}

/* libc's definition (libdl's before glibc 2.34); were libc linked into something of another name,
 * that of whoever else has one. */
static void *libc_definition(const char *name)
{
    void *other = NULL;
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        void *found = map == lookup_us() ? NULL : dynsym_find(map, name);
        if (found && modules_is_libc(map))
            return found;
        if (found)
            other = found;
    }
    return other;
}

static void *libc_function(void **where, const char *name)
{
    void *found = __atomic_load_n(where, __ATOMIC_ACQUIRE);
    if (!found) {
        found = libc_definition(name);
        __atomic_store_n(where, found, __ATOMIC_RELEASE);
    }
    return found;
}

void *lookup_in(void *handle, const char *name)
{
    static void *libc_dlsym;
    void *(*ask)(void *, const char *);
    *(void **)&ask = libc_function(&libc_dlsym, "dlsym");
    return ask ? ask(handle, name) : NULL;
}

void *lookup_next(const char *name)
{
    return lookup_in(RTLD_NEXT, name);
}

void *lookup_next_once(void **where, const char *name)
{
    void *next = __atomic_load_n(where, __ATOMIC_ACQUIRE);
    if (!next) {
        next = lookup_next(name);
        __atomic_store_n(where, next, __ATOMIC_RELEASE);
    }
    return next;
}

void *lookup_next_version(const char *name, const char *version)
{
    static void *libc_dlvsym;
    void *(*ask)(void *, const char *, const char *);
    *(void **)&ask = libc_function(&libc_dlvsym, "dlvsym");
    return ask ? ask(RTLD_NEXT, name, version) : NULL;
}
