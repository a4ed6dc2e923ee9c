/* SPDX-License-Identifier: MIT
 *
 * See loading.h. An exception is known by what libstdc++ keeps for each thread (the Itanium C++
 * ABI, 2.2.2): a list of those caught, and the number of those in flight.
 */
#include "loading.h"

#include "lookup.h"
#include "modules.h"
#include "parcel.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>

struct cxa_globals {
    void *caught;
    unsigned uncaught;
};

static struct cxa_globals *(*globals)(void);
static uint32_t opened = 1; /* how often libraries were */
static uint32_t looked;     /* what that was when the latest look, which is over, began */

void loading_note(void)
{
    __atomic_fetch_add(&opened, 1, __ATOMIC_RELAXED);
}

/* A fork child may find the loader's lock taken by a thread that it does not have: it goes by what
 * its parent knew. Threads that come while another looks do so, too. */
static void find(void)
{
    void *(*open)(const char *, int) = NULL;
    uint32_t now = __atomic_load_n(&opened, __ATOMIC_RELAXED);
    if (parcel_process() > 1 || __atomic_load_n(&looked, __ATOMIC_ACQUIRE) == now)
        return;
    *(void **)&open = lookup_next("dlopen");
    void *library = open ? open("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD) : NULL;
    if (library)
        __atomic_store_n((void **)&globals, lookup_in(library, "__cxa_get_globals"),
                         __ATOMIC_RELEASE);
    __atomic_store_n(&looked, now, __ATOMIC_RELEASE);
}

int loading_exception(void)
{
    if (!__atomic_load_n((void **)&globals, __ATOMIC_ACQUIRE))
        find();
    struct cxa_globals *(*get)(void) = NULL;
    *(void **)&get = __atomic_load_n((void **)&globals, __ATOMIC_ACQUIRE);
    const struct cxa_globals *g = get ? get() : NULL;
    return g && (g->caught || g->uncaught);
}

static uint16_t loader(void)
{
    static uint16_t id;
    int libc = 0;
    if (!id)
        id = TRACE_FRAME_MODULE(modules_frame((uintptr_t)_r_debug.r_brk + 1, &libc));
    return id;
}

int loading_here(struct visit *v)
{
    int saved = errno;
    if (!v->thread)
        return 1;
    if (!v->slot) {
        const struct trace_slot *slot = slot_learn(v->thread, v->call, v->caller, v->frame, 0);
        v->slot = slot ? trace_id(slot) : 0;
    }
    errno = saved;
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    const struct trace_context *context = slot && slot->context ? trace_at(slot->context) : NULL;
    for (uint32_t i = 0; context && i < context->frames; i++)
        if (TRACE_FRAME_MODULE(context->frame[i]) == loader())
            return 1;
    return 0;
}
