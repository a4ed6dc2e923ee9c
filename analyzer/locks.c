/* SPDX-License-Identifier: MIT
 *
 * See locks.h. The trace knows, per thread, (call, chain) and place where the lock was taken; here
 * chains become sites and places become functions, and what reads the same is added up.
 */
#include "locks.h"

#include "noise_rules.h"
#include "owner.h"
#include "sites.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct tally {
    struct source *source;
    struct map index; /* what reads the same -> index */
    struct report_lock *items;
    size_t count, capacity;
    struct map holders; /* frame -> index */
    struct owner *owners;
    size_t owner_count, owner_capacity;
};

static const struct owner *holder_at(struct tally *tally, uint64_t frame)
{
    uint32_t index = map_get(&tally->holders, frame);
    if (index == MAP_NONE) {
        tally->owners =
            arena_grow(tally->source->build->arena, tally->owners, sizeof *tally->owners,
                       tally->owner_count, &tally->owner_capacity);
        index = (uint32_t)tally->owner_count++;
        tally->owners[index] =
            frame ? owner_of_frame(tally->source, frame) : (struct owner){.function = NULL};
        map_put(&tally->holders, frame, index);
    }
    return &tally->owners[index];
}

static struct report_site *site_of(const struct source *source, uint16_t call, uint32_t context)
{
    uint32_t index = map_get(&source->chains, source_chain(call, context));
    return index == MAP_NONE ? NULL : source->use[index]->site;
}

/* The sum that a record belongs to. */
static struct report_lock *item_at(struct tally *tally, const struct trace_lock *record,
                                   struct report_site *site)
{
    const struct owner *owner = holder_at(tally, record->frame);
    uint64_t place = owner->function ? sites_id("", owner->module, owner->function) : 0;
    uint64_t key = site->id ^ (place << 2 | (place >> 62)) ^ record->head.aux;
    uint32_t index = map_get(&tally->index, key);
    if (index != MAP_NONE)
        return &tally->items[index];
    tally->items = arena_grow(tally->source->build->arena, tally->items, sizeof *tally->items,
                              tally->count, &tally->capacity);
    index = (uint32_t)tally->count++;
    tally->items[index] =
        (struct report_lock){.site = site,
                             .taken_by = owner->function,
                             .module = owner->module,
                             .shown_module = owner_shown_module(tally->source, owner),
                             .file = owner->file,
                             .line = owner->line,
                             .waited = record->head.aux == LOCK_WAITED,
                             .outer = record->head.aux == LOCK_HELD_TOO};
    map_put(&tally->index, key, index);
    return &tally->items[index];
}

/* What the holder was in; the last entry takes what finds no other. */
static void add_activity(struct source *source, struct report_lock *item,
                         const struct trace_lock *record)
{
    struct report_lock_activity what = {.unknown = record->holder == HOLDER_UNKNOWN};
    if (record->holder == HOLDER_IN_CALL) {
        const struct trace_call *call = reader_call(source->reader, record->holder_call);
        what.call = call ? text_clean(source->build->arena, call->name) : "unknown call";
        what.site = site_of(source, record->holder_call, record->holder_context);
    }
    unsigned i = 0;
    while (i + 1 < REPORT_LOCK_ACTIVITIES && i < item->activity_count &&
           (item->activity[i].site != what.site || item->activity[i].unknown != what.unknown ||
            !item->activity[i].call != !what.call))
        i++;
    struct report_lock_activity *at = &item->activity[i];
    if (i == item->activity_count) {
        *at = what;
        item->activity_count++;
    }
    at->waits += record->count;
    at->ns += source_ns(source, record->ticks);
}

/* The interpreter lock's own mutex, which is held for no longer than it takes to look: what threads
 * wait for is the interpreter lock, and that is noise. */
static bool is_gil(struct tally *tally, const struct trace_lock *record)
{
    struct source *source = tally->source;
    uint32_t index = map_get(&source->chains, source_chain(record->call, record->context));
    const struct owner *taker = holder_at(tally, record->frame);
    if (index != MAP_NONE && source->use[index]->noise == NOISE_GIL)
        return true;
    return taker->function && noise_is_gil(taker->module, taker->unstable ? NULL : taker->function);
}

static void add(struct tally *tally, const struct trace_lock *record)
{
    struct source *source = tally->source;
    struct report_site *site = site_of(source, record->call, record->context);
    if (!site || !record->count || is_gil(tally, record))
        return;
    struct report_lock *item = item_at(tally, record, site);
    uint64_t ns = source_ns(source, record->ticks), max = source_ns(source, record->max);
    item->count += record->count;
    item->ns += ns;
    item->max_ns = max > item->max_ns ? max : item->max_ns;
    if (item->waited) {
        add_activity(source, item, record);
    } else if (!item->outer) {
        site->holding += record->count;
        site->holding_ns += ns;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct report_lock *x = a, *y = b;
    const uint64_t left[] = {x->waited, x->ns, x->count, x->site->id};
    const uint64_t right[] = {y->waited, y->ns, y->count, y->site->id};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return x->outer - y->outer;
}

static int activity_by_time(const void *a, const void *b)
{
    const struct report_lock_activity *x = a, *y = b;
    return x->ns < y->ns ? 1 : -(x->ns > y->ns);
}

/* A place somebody waited for: only there does blocking while holding hold anybody up. */
static void tell_wanted(struct report_locks *locks)
{
    for (unsigned i = locks->wait_count; i < locks->count; i++)
        for (unsigned j = 0; j < locks->wait_count && locks->items[i].taken_by; j++)
            if (locks->items[j].taken_by &&
                strcmp(locks->items[i].taken_by, locks->items[j].taken_by) == 0 &&
                strcmp(locks->items[i].module, locks->items[j].module) == 0)
                locks->items[i].wanted = true;
}

static void hand_over(struct tally *tally)
{
    struct report_locks *locks = &tally->source->process->locks;
    locks->items = tally->items;
    locks->count = (unsigned)tally->count;
    if (tally->count)
        qsort(tally->items, tally->count, sizeof *tally->items, by_time);
    for (unsigned i = 0; i < locks->count; i++) {
        struct report_lock *item = &locks->items[i];
        qsort(item->activity, item->activity_count, sizeof *item->activity, activity_by_time);
        if (!item->waited)
            continue;
        locks->wait_count++;
        locks->waits += item->count;
        locks->wait_ns += item->ns;
    }
    tell_wanted(locks);
}

void locks_fill(struct source *source)
{
    struct tally tally = {.source = source};
    tally.index.arena = tally.holders.arena = source->build->arena;
    struct report_locks *locks = &source->process->locks;
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    if (!source->process->forked) /* the file's, and so its first process's */
        locks->free = reader_header(source->reader)->locks_aside;
    for (size_t i = 0; i < source->thread_count; i++) {
        locks->free += source->thread[i].record->locks / TRACE_LOCKS_ONE;
        locks->not_followed += source->thread[i].record->unheld;
    }
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));)
        if (record->type == RECORD_LOCK && source_thread(source, &cursor))
            add(&tally, (const struct trace_lock *)record);
    hand_over(&tally);
}
