/* SPDX-License-Identifier: MIT
 *
 * See library_waits.h. Sources: Lib/asyncio/selector_events.py (_read_from_self),
 * Lib/concurrent/futures/_base.py (result, wait, as_completed) and thread.py (_worker) of CPython
 * 3.8 to 3.13.
 */
#include "library_waits.h"

#include "python.h"

#include <string.h>

#define FUTURES "concurrent/futures/_base.py"
#define POOL    "concurrent/futures/thread.py"
#define ASYNCIO "asyncio/selector_events.py"

/* The innermost frame of this file, and of this function if it is not NULL, from `from` outward;
 * the chain's length: there is none. */
static unsigned frame_in(const struct python_chain *chain, const char *file, const char *function,
                         unsigned from)
{
    unsigned i = from;
    for (; i < chain->count; i++) {
        const char *name = chain->frames[i].name, *last = strrchr(name, '.');
        if (strcmp(chain->frames[i].form, file) == 0 &&
            (!function || strcmp(last ? last + 1 : name, function) == 0))
            break;
    }
    return i;
}

static enum library_wait kind_of(const struct python_chain *chain, enum call_blocks blocks)
{
    if (blocks == BLOCKS_DATA)
        return frame_in(chain, ASYNCIO, "_read_from_self", 0) < chain->count ? LIBRARY_WAKE
                                                                             : LIBRARY_NONE;
    unsigned future = frame_in(chain, FUTURES, NULL, 0);
    if (future >= chain->owner)
        return LIBRARY_NONE;
    return frame_in(chain, POOL, "_worker", future) < chain->count ? LIBRARY_WORKERS_FUTURE
                                                                   : LIBRARY_FUTURE;
}

void library_waits_fill(struct source *source)
{
    for (unsigned i = 0; i < source->process->site_count; i++) {
        struct report_site *site = source->process->sites[i];
        struct python_chain chain;
        if (!site->python || !site->facts ||
            (site->facts->blocks != BLOCKS_DATA && site->facts->blocks != BLOCKS_LOCK))
            continue;
        python_chain_read(source, site->context, &chain);
        site->library_wait = kind_of(&chain, (enum call_blocks)site->facts->blocks);
    }
}
