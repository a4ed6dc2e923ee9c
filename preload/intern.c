/* SPDX-License-Identifier: MIT
 *
 * Strings, contexts, Python frames and spawn points are written once and then known by id. Tables
 * of ids find them again; they lie in private memory, so a fork child starts with a copy and goes
 * on by itself. Insertion is a compare-and-swap; a race writes a record twice, which a reader does
 * not mind.
 *
 * Each kind has a small table for the first few thousand and a large one for the rest: a hash
 * spreads over all pages of its table, and an ordinary program should touch four of them and not
 * 128.
 */
#include "trace.h"

#include <stddef.h>
#include <string.h>

enum {
    SMALL_SLOTS = 4096,
    SMALL_MOST = 3000,
    SPAWN_SLOTS = 1024,
    SPAWN_MOST = 512,
    STRING_SLOTS = 65536,
    STRING_MOST = 45000,
    LARGE_SLOTS = 131072,
    LARGE_MOST = 65536,
    PYFRAME_MOST = 90000
};

struct table {
    uint32_t *slot;
    uint32_t slots; /* power of two */
    uint32_t most;  /* entries it may take: there is always a free slot */
    uint32_t used;
};

struct tables {
    struct table small;
    struct table large;
};

#define TABLES(name, large_size, large_entries)                              \
    static uint32_t name##_small[SMALL_SLOTS];                               \
    static uint32_t name##_large[large_size];                                \
    static struct tables name = {{name##_small, SMALL_SLOTS, SMALL_MOST, 0}, \
                                 {name##_large, large_size, large_entries, 0}}

TABLES(strings, STRING_SLOTS, STRING_MOST);
TABLES(contexts, LARGE_SLOTS, LARGE_MOST);
TABLES(pyframes, LARGE_SLOTS, PYFRAME_MOST);
#undef TABLES

/* Where an entry is, or belongs. */
struct place {
    struct table *table;
    uint32_t index;
};

struct wanted_string {
    const char *text;
    size_t length;
    uint32_t kind;
};

struct wanted_context {
    const uint64_t *frames;
    uint16_t count;
    uint16_t flags;
    uint32_t pyframe;
};

typedef int same_fn(const void *record, const void *wanted);

static uint32_t spawn_slots[SPAWN_SLOTS];
static struct table spawns = {spawn_slots, SPAWN_SLOTS, SPAWN_MOST, 0};

/* FNV-1a, folded. */
static uint32_t hash(const void *data, size_t size, uint32_t seed)
{
    const unsigned char *byte = data;
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (size_t i = 0; i < size; i++)
        h = (h ^ byte[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

static int table_full(const struct table *t)
{
    return __atomic_load_n(&t->used, __ATOMIC_RELAXED) >= t->most;
}

/* The id that `same` accepts, or 0 and in *index the slot where it belongs. */
static uint32_t table_find(const struct table *t, uint32_t h, same_fn *same, const void *wanted,
                           uint32_t *index)
{
    for (uint32_t i = h & (t->slots - 1);; i = (i + 1) & (t->slots - 1)) {
        uint32_t id = __atomic_load_n(&t->slot[i], __ATOMIC_ACQUIRE);
        *index = i;
        if (!id || same(trace_at(id), wanted))
            return id;
    }
}

static uint32_t find(struct tables *tables, uint32_t h, same_fn *same, const void *wanted,
                     struct place *place)
{
    place->table = &tables->small;
    uint32_t id = table_find(place->table, h, same, wanted, &place->index);
    if (id || !table_full(place->table))
        return id;
    place->table = &tables->large;
    return table_find(place->table, h, same, wanted, &place->index);
}

static void put(const struct place *place, uint32_t id)
{
    struct table *t = place->table;
    for (uint32_t i = place->index; !table_full(t); i = (i + 1) & (t->slots - 1)) {
        uint32_t empty = 0;
        if (__atomic_compare_exchange_n(&t->slot[i], &empty, id, 0, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
            __atomic_fetch_add(&t->used, 1, __ATOMIC_RELAXED);
            return;
        }
    }
}

static int same_string(const void *record, const void *wanted)
{
    const struct trace_string *s = record;
    const struct wanted_string *w = wanted;
    return s->head.aux == w->kind && !strncmp(s->text, w->text, w->length) && !s->text[w->length];
}

uint32_t trace_string(enum trace_string_kind kind, const char *text, size_t length)
{
    struct wanted_string wanted = {text, length < TRACE_STRING_MOST ? length : TRACE_STRING_MOST,
                                   kind};
    struct place place;
    uint32_t id = find(&strings, hash(text, wanted.length, kind), same_string, &wanted, &place);
    if (id)
        return id;

    struct trace_string *s = NULL;
    if (!table_full(place.table))
        s = (void *)trace_meta_new(sizeof *s + wanted.length + 1);
    if (!s) {
        trace_lose(TRACE_LOSS_STRINGS, 1);
        return 0;
    }
    s->head.aux = kind;
    memcpy(s->text, text, wanted.length);
    trace_commit(&s->head, RECORD_STRING);
    put(&place, trace_id(s));
    return trace_id(s);
}

static int same_context(const void *record, const void *wanted)
{
    const struct trace_context *c = record;
    const struct wanted_context *w = wanted;
    return c->frames == w->count && c->flags == w->flags && c->pyframe == w->pyframe &&
           !memcmp(c->frame, w->frames, w->count * sizeof *w->frames);
}

uint32_t trace_context(const uint64_t *frames, unsigned count, unsigned flags, uint32_t pyframe)
{
    struct wanted_context wanted = {frames, (uint16_t)count, (uint16_t)flags, pyframe};
    struct place place;
    uint32_t h = hash(frames, count * sizeof *frames, flags ^ pyframe << 8);
    uint32_t id = find(&contexts, h, same_context, &wanted, &place);
    if (id || table_full(place.table))
        return id;

    struct trace_context *c =
        trace_tight() ? NULL : (void *)trace_meta_new(sizeof *c + count * sizeof *frames);
    if (!c)
        return 0;
    c->frames = wanted.count;
    c->flags = wanted.flags;
    c->pyframe = pyframe;
    memcpy(c->frame, frames, count * sizeof *frames);
    trace_commit(&c->head, RECORD_CONTEXT);
    put(&place, trace_id(c));
    return trace_id(c);
}

static int same_spawn(const void *record, const void *wanted)
{
    const struct trace_spawn *a = record, *b = wanted;
    return a->head.aux == b->head.aux && a->pid == b->pid && a->context == b->context &&
           a->frame == b->frame && a->pyframe == b->pyframe;
}

uint32_t trace_spawn(const struct trace_spawn *like)
{
    const uint64_t key[] = {(uint64_t)like->head.aux << 32 | (uint32_t)like->pid,
                            (uint64_t)like->context << 32 | like->pyframe, like->frame};
    struct place place = {&spawns, 0};
    uint32_t id = table_find(&spawns, hash(key, sizeof key, 0), same_spawn, like, &place.index);
    if (id)
        return id;
    struct trace_spawn *s =
        table_full(&spawns) || trace_tight() ? NULL : (void *)trace_meta_new(sizeof *s);
    if (!s) {
        trace_lose(TRACE_LOSS_SPAWNS, 1);
        return 0;
    }
    s->head.aux = like->head.aux;
    s->pid = like->pid;
    s->context = like->context;
    s->frame = like->frame;
    s->pyframe = like->pyframe;
    trace_commit(&s->head, RECORD_SPAWN);
    put(&place, trace_id(s));
    return trace_id(s);
}

enum { PYFRAME_BODY = offsetof(struct trace_python_frame, file) };

static int same_pyframe(const void *record, const void *wanted)
{
    return !memcmp((const char *)record + PYFRAME_BODY, (const char *)wanted + PYFRAME_BODY,
                   sizeof(struct trace_python_frame) - PYFRAME_BODY);
}

uint32_t trace_pyframe(const struct trace_python_frame *wanted)
{
    enum { BODY = sizeof *wanted - PYFRAME_BODY };
    struct place place;
    uint32_t h = hash((const char *)wanted + PYFRAME_BODY, BODY, 0);
    uint32_t id = find(&pyframes, h, same_pyframe, wanted, &place);
    if (id || table_full(place.table) || trace_tight())
        return id;

    struct trace_python_frame *f = (void *)trace_meta_new(sizeof *f);
    if (!f)
        return 0;
    memcpy((char *)f + PYFRAME_BODY, (const char *)wanted + PYFRAME_BODY, BODY);
    trace_commit(&f->head, RECORD_PYFRAME);
    put(&place, trace_id(f));
    return trace_id(f);
}
