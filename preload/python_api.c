/* SPDX-License-Identifier: MIT
 *
 * See python_api.h.
 */
#include "python_api.h"

#include "dynsym.h"
#include "python.h"
#include "python_layout.h"

#include <stddef.h>
#include <stdint.h>

enum { NOT_ASKED, COMPLETE, INCOMPLETE };

struct python_api python_api;

/* Two threads may both look: they find the same. */
static int find(const struct link_map *map)
{
    int complete = 1;
#define FIND(name, result, parameters)                    \
    *(void **)&python_api.name = dynsym_find(map, #name); \
    complete &= python_api.name != NULL;
    PYTHON_FUNCTIONS(FIND)
#undef FIND
    void *current = dynsym_find(map, "PyThreadState_GetUnchecked");
    if (!current)
        current = dynsym_find(map, "_PyThreadState_UncheckedGet");
    *(void **)&python_api.current = current;
    python_api.none = dynsym_find(map, "_Py_NoneStruct");
    return complete && python_api.current && python_api.none ? COMPLETE : INCOMPLETE;
}

int python_api_ready(void)
{
    static uint32_t state;
    uint32_t known = __atomic_load_n(&state, __ATOMIC_ACQUIRE);
    if (known == NOT_ASKED && __atomic_load_n(&python_found, __ATOMIC_ACQUIRE)) {
        known = (uint32_t)find(python.map);
        __atomic_store_n(&state, known, __ATOMIC_RELEASE);
    }
    return known == COMPLETE;
}
