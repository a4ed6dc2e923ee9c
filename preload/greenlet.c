/* SPDX-License-Identifier: MIT
 *
 * See greenlet.h. In TUserGreenlet.cpp (greenlet 2.0 on) UserGreenlet::g_initialstub is handed an
 * address in its caller's frame: the stack is the greenlet's up to there. It calls the greenlet's
 * first function, and returns only when that has ended.
 */
#include "greenlet.h"

#include "dynsym.h"
#include "stack.h"

#define FIRST_FUNCTION "_ZN8greenlet12UserGreenlet13g_initialstubEPv"

/* A process has one such module. */
static struct {
    const struct link_map *map;
    uintptr_t start;
    uintptr_t end;
    uintptr_t function; /* 0: none; written last, and taken away first */
} module;

void greenlet_meet(const struct link_map *map, uintptr_t start, uintptr_t end)
{
    uintptr_t function = module.function ? 0 : (uintptr_t)dynsym_find(map, FIRST_FUNCTION);
    if (!function)
        return;
    module.map = map;
    module.start = start;
    module.end = end;
    __atomic_store_n(&module.function, function, __ATOMIC_RELEASE);
}

void greenlet_part(const struct link_map *map)
{
    if (map == module.map)
        __atomic_store_n(&module.function, 0, __ATOMIC_RELEASE);
}

int greenlet_is_known(void)
{
    return __atomic_load_n(&module.function, __ATOMIC_ACQUIRE) != 0;
}

int greenlet_is_first(uintptr_t ip)
{
    uintptr_t function = __atomic_load_n(&module.function, __ATOMIC_ACQUIRE);
    return function && ip > module.start && ip <= module.end && stack_function(ip) == function;
}
