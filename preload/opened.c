/* SPDX-License-Identifier: MIT
 *
 * See opened.h.
 */
#include "opened.h"

#include "gap.h"
#include "loading.h"
#include "lookup.h"
#include "modules.h"
#include "trace.h"

#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>

enum { GAPS_MOST = 16 }; /* of one process; more would say nothing new */

static void note(const char *path, const char *how)
{
    static uint32_t noted;
    char text[512];
    int saved = errno;
    if (trace_file && __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED) < GAPS_MOST) {
        snprintf(text, sizeof text, "%.300s was opened %s", path, how);
        gap_note(text);
    }
    errno = saved;
}

/* The first library of a namespace is the one that it was made for. */
static const char *first_in(const struct link_map *map)
{
    for (; map; map = map->l_next)
        if (map->l_name && *map->l_name && !modules_is_libc(map))
            return map->l_name;
    return NULL;
}

void opened_before(void)
{
    /* The variable is declared as shorter than its version says it is (link.h). */
    const struct r_debug *volatile first = &_r_debug;
    const struct r_debug_extended *space = (const struct r_debug_extended *)first;
    for (space = _r_debug.r_version > 1 ? space->r_next : NULL; space; space = space->r_next) {
        const char *path = first_in(space->base.r_map);
        if (path)
            note(path, "in a namespace of its own, as LD_AUDIT does: its calls, and those that an "
                       "audit library redirects, are not seen");
    }
}

static void note_binding(const char *path, int flags)
{
    if (path && flags & RTLD_DEEPBIND)
        note(path, "with RTLD_DEEPBIND: its calls go to libc directly");
}

void *opened_by_dlopen(const char *path, int flags)
{
    static void *next;
    loading_note();
    note_binding(path, flags);
    return lookup_next_once(&next, "dlopen");
}

void *opened_by_dlmopen(Lmid_t space, const char *path, int flags)
{
    static void *next;
    if (path && space != LM_ID_BASE)
        note(path, "in a namespace of its own, which has another libc: its calls are not seen");
    else
        note_binding(path, flags);
    return lookup_next_once(&next, "dlmopen");
}
