/* SPDX-License-Identifier: MIT
 *
 * See asked.h. Whether a name concerns us is asked of our own symbol table, whose filter refuses
 * most others; only what we define costs a second lookup.
 */
#include "asked.h"

#include "dynsym.h"
#include "gap.h"
#include "lookup.h"
#include "modules.h"
#include "trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

enum { ASKERS_MOST = 16, NAMES_MOST = 12, LIBRARY_SIZE = 64, NAMES_SIZE = 256, PATIENCE = 100000 };

/* A library that asked, and for what. */
struct asker {
    char library[LIBRARY_SIZE];
    char names[NAMES_SIZE];       /* "poll, read" */
    const void *ours[NAMES_MOST]; /* our definitions of them */
    unsigned count;
    struct trace_gap *gap;
};

static struct asker askers[ASKERS_MOST];
static uint32_t adding; /* a thread is at it */

/* ---- telling ---- */

/* Under `adding`. */
static void publish(struct asker *a)
{
    char text[LIBRARY_SIZE + NAMES_SIZE + 80];
    if (!trace_file || !a->count)
        return;
    snprintf(text, sizeof text, "%s looked up %s%s past us: its own calls through %s are not seen",
             a->library, a->names, a->count > NAMES_MOST ? " and others" : "",
             a->count == 1 ? "it" : "them");
    a->gap = gap_say(a->gap, text);
}

static struct asker *asker_of(const char *library)
{
    for (unsigned i = 0; i < ASKERS_MOST; i++) {
        struct asker *a = &askers[i];
        if (!a->count)
            snprintf(a->library, LIBRARY_SIZE, "%s", library);
        if (!strncmp(a->library, library, LIBRARY_SIZE - 1))
            return a;
    }
    return NULL;
}

/* 1 if that is news. */
static int asker_add(struct asker *a, const char *name, const void *ours)
{
    for (unsigned i = 0; i < a->count && i < NAMES_MOST; i++)
        if (a->ours[i] == ours)
            return 0;
    if (a->count > NAMES_MOST)
        return 0;
    size_t length = strlen(a->names);
    size_t room = NAMES_SIZE - length;
    if (a->count < NAMES_MOST && strlen(name) + 3 <= room) {
        snprintf(a->names + length, room, "%s%s", length ? ", " : "", name);
        a->ours[a->count++] = ours;
    } else {
        a->count = NAMES_MOST + 1;
    }
    return 1;
}

static void note(const char *library, const char *name, const void *ours)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (__atomic_exchange_n(&adding, 1, __ATOMIC_ACQUIRE))
            continue;
        struct asker *a = asker_of(library);
        if (a && asker_add(a, name, ours))
            publish(a);
        __atomic_store_n(&adding, 0, __ATOMIC_RELEASE);
        return;
    }
}

void asked_forget(void)
{
    __atomic_store_n(&adding, 0, __ATOMIC_RELEASE);
}

void asked_start(void)
{
    for (unsigned i = 0; i < ASKERS_MOST; i++)
        publish(&askers[i]);
}

/* ---- judging ---- */

/* RTLD_NEXT from the program, from a library before us or from ourselves meets us first. */
static int comes_after_us(const struct link_map *caller)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        if (map == caller)
            return 0;
        if (map == lookup_us())
            break;
    }
    return 1;
}

struct question {
    void *handle;
    const char *name;
    const char *version; /* NULL: any */
    uintptr_t caller;
    void *next; /* definition of the function that is asked */
};

/* The answer, got from here. RTLD_NEXT of who comes after us is not ours in any case, and is there
 * if there is one after us at all; who comes before us meets what RTLD_DEFAULT means. */
static void *answer_to(const struct question *q, const struct link_map *caller)
{
    void *handle = q->handle;
    if (handle == RTLD_NEXT && comes_after_us(caller))
        return q->version ? lookup_next_version(q->name, q->version) : lookup_next(q->name);
    if (handle == RTLD_NEXT)
        handle = RTLD_DEFAULT;
    if (q->version)
        return ((void *(*)(void *, const char *, const char *))q->next)(handle, q->name,
                                                                        q->version);
    /* Without a version our name answers, or that of a library before us. */
    if (handle == RTLD_DEFAULT)
        return NULL;
    return ((void *(*)(void *, const char *))q->next)(handle, q->name);
}

/* Libraries have functions of their own under such names (a plug-in's `open`), which are nobody's
 * way around us: it is what we forward to that matters, and libc. */
static int is_past_us(void *answer, const struct question *q)
{
    const struct link_map *map = answer ? modules_map((uintptr_t)answer) : NULL;
    return answer && (answer == lookup_next(q->name) || (map && modules_is_libc(map)));
}

static const char *base_name(const struct link_map *map)
{
    const char *path = map->l_name && *map->l_name ? map->l_name : program_invocation_short_name;
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void judge(const struct question *q)
{
    const void *ours = q->name && lookup_us() ? dynsym_find(lookup_us(), q->name) : NULL;
    const struct link_map *caller = ours ? modules_map(q->caller) : NULL;
    int saved = errno;
    if (caller && caller != lookup_us() && is_past_us(answer_to(q, caller), q))
        note(base_name(caller), q->name, ours);
    errno = saved;
}

void *asked_by_dlsym(void *handle, const char *name, const void *unused, uintptr_t caller)
{
    static void *next;
    (void)unused;
    struct question q = {handle, name, NULL, caller, lookup_next_once(&next, "dlsym")};
    judge(&q);
    return q.next;
}

void *asked_by_dlvsym(void *handle, const char *name, const char *version, uintptr_t caller)
{
    static void *next;
    struct question q = {handle, name, version, caller, lookup_next_once(&next, "dlvsym")};
    judge(&q);
    return q.next;
}
