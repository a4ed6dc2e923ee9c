/* SPDX-License-Identifier: MIT
 *
 * See sites.h. Three steps: place each slot in its site, then add the histograms (which several
 * slots share), then what follows from the sums.
 */
#include "sites.h"

#include "detail.h"
#include "latencies.h"
#include "mixed_stack.h"
#include "noise.h"
#include "owner.h"
#include "sums.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define PREFIX_MIN 4

/* While sites are built, beside the model. */
struct places {
    struct source *source;
    struct map owners; /* context -> index */
    struct owner *owner;
    size_t owner_count, owner_capacity;
    struct map by_id; /* site id -> index */
    struct site_extra {
        struct report_site *site;
        uint32_t heaviest; /* context that says file, line and callers */
        uint64_t heaviest_ticks;
        struct map lines;
    } * sites;
    size_t site_count, site_capacity;
};

uint64_t sites_id(const char *call, const char *module, const char *function)
{
    /* lengths are part of it through the terminators: ("a", "bc") is not ("ab", "c") */
    char names[1024];
    size_t used = 0;
    const char *const parts[] = {call, module, function};
    XXH64_state_t *state = XXH64_createState();
    if (!state)
        return 0;
    XXH64_reset(state, 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t size = strlen(parts[i]) + 1;
        if (used + size > sizeof names) {
            XXH64_update(state, names, used);
            used = 0;
        }
        if (size > sizeof names) {
            XXH64_update(state, parts[i], size);
        } else {
            memcpy(names + used, parts[i], size);
            used += size;
        }
    }
    XXH64_update(state, names, used);
    uint64_t id = XXH64_digest(state);
    XXH64_freeState(state);
    return id;
}

bool sites_has_prefix(uint64_t id, const char *prefix)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, id);
    return *prefix && strncasecmp(digits, prefix, strlen(prefix)) == 0;
}

/* ---- placing ---- */

static const struct owner *owner_at(struct places *places, uint32_t context)
{
    uint32_t index = map_get(&places->owners, context);
    if (index == MAP_NONE) {
        places->owner =
            arena_grow(places->source->build->arena, places->owner, sizeof(struct owner),
                       places->owner_count, &places->owner_capacity);
        index = (uint32_t)places->owner_count++;
        places->owner[index] = owner_find(places->source, context);
        map_put(&places->owners, context, index);
    }
    return &places->owner[index];
}

static const char *call_name(struct source *source, uint16_t id)
{
    const struct trace_call *call = reader_call(source->reader, id);
    return call ? text_clean(source->build->arena, call->name)
                : arena_print(source->build->arena, "unknown call %u", id);
}

/* A copy: the model outlives the reader. */
static const struct trace_call *call_facts(struct source *source, uint16_t id)
{
    const struct trace_call *call = reader_call(source->reader, id);
    if (!call)
        return NULL;
    struct trace_call *facts = ARENA_NEW(source->build->arena, struct trace_call);
    *facts = *call;
    return facts;
}

static struct site_extra *site_at(struct places *places, const struct trace_slot *slot)
{
    struct source *source = places->source;
    struct arena *arena = source->build->arena;
    const struct owner *owner = owner_at(places, slot->context);
    const char *call = call_name(source, slot->call);
    uint64_t id = sites_id(call, owner->module, owner->function);
    uint32_t index = map_get(&places->by_id, id);
    if (index != MAP_NONE)
        return &places->sites[index];
    struct report_site *site = ARENA_NEW(arena, struct report_site);
    *site = (struct report_site){
        .id = id,
        .call = call,
        .facts = call_facts(source, slot->call),
        .function = owner->function,
        .module = owner->module,
        .shown_module = owner_shown_module(source, owner),
        .in_main_module = owner->in_main_module,
        .python = owner->python,
        .layer = owner->layer,
        .stable = !owner->unstable,
        .unstable = owner->unstable,
        .detail =
            source->build->options->site && sites_has_prefix(id, source->build->options->site),
    };
    places->sites = arena_grow(arena, places->sites, sizeof *places->sites, places->site_count,
                               &places->site_capacity);
    index = (uint32_t)places->site_count++;
    places->sites[index] = (struct site_extra){.site = site, .lines.arena = arena};
    map_put(&places->by_id, id, index);
    return &places->sites[index];
}

static void note_line(struct places *places, struct site_extra *extra,
                      const struct trace_slot *slot)
{
    const struct owner *owner = owner_at(places, slot->context);
    struct report_site *site = extra->site;
    if (owner->line && map_get(&extra->lines, (uint64_t)owner->line) == MAP_NONE) {
        map_put(&extra->lines, (uint64_t)owner->line, 1);
        site->lines++;
    }
    uint64_t weight = slot->stall_ticks + slot->ticks + 1;
    if (weight <= extra->heaviest_ticks)
        return;
    extra->heaviest_ticks = weight;
    extra->heaviest = slot->context;
    site->file = owner->file;
    site->line = owner->line;
    site->via = owner->via;
}

static struct report_use *use_of(struct source *source, struct report_site *site,
                                 struct report_thread *thread, enum noise noise)
{
    for (struct report_use *use = site->uses; use; use = use->next)
        if (use->thread == thread && use->noise == noise)
            return use;
    struct report_use *use = ARENA_NEW(source->build->arena, struct report_use);
    *use = (struct report_use){.site = site, .thread = thread, .next = site->uses, .noise = noise};
    site->uses = use;
    site->use_count += noise == NOISE_NONE;
    return use;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_slot(struct source *source, struct report_use *use, const struct trace_slot *slot)
{
    use->calls += slot->count;
    use->total_ns += source_ns(source, slot->ticks);
    use->blocked += slot->blocked;
    use->blocked_ns += source_ns(source, slot->blocked_ticks);
    use->errors += slot->errors;
    use->again += slot->again;
    use->interrupted += slot->interrupted;
    use->no_timeout += slot->no_timeout;
    if (use->thread->loop) { /* else it was one only while the program ran */
        use->stalled_turns += slot->stall_turns;
        use->stall_ns += source_ns(source, slot->stall_ticks);
    }
    uint64_t max = source_ns(source, slot->max);
    use->max_ns = larger(use->max_ns, max);
    struct report_site *site = use->site;
    if (!use->noise && max > site->max_ns) {
        site->max_ns = max;
        site->max_when_ns = source_since(source, slot->max_start);
    }
    if (slot->last_errno)
        site->last_error = (int)slot->last_errno;
}

/* The standard library is a library only where nothing else called it. */
static const char *python_library(const struct owner *owner)
{
    return owner->layer == PYTHON_STANDARD || owner->layer == PYTHON_MACHINERY ? SITES_STANDARD
                                                                               : SITES_APPLICATION;
}

/* Where no library lies between, what libc does for the call may be one of its own. */
static const char *library_of(struct places *places, const struct report_site *site,
                              const struct trace_slot *slot)
{
    const struct owner *owner = owner_at(places, slot->context);
    uint8_t family = site->facts ? site->facts->family : FAMILY_COUNT;
    return owner->library           ? owner->library
           : family == FAMILY_dns   ? SITES_RESOLVER
           : owner->package         ? owner->package
           : owner->python          ? python_library(owner)
           : family == FAMILY_stdio ? SITES_STDIO
                                    : SITES_APPLICATION;
}

static void add_part(struct places *places, struct report_site *site, const struct trace_slot *slot,
                     bool on_loop)
{
    struct source *source = places->source;
    const char *library = library_of(places, site, slot);
    struct report_part *part = site->parts;
    while (part && strcmp(part->library, library) != 0)
        part = part->next;
    if (!part) {
        part = ARENA_NEW(source->build->arena, struct report_part);
        *part = (struct report_part){.library = library, .next = site->parts};
        site->parts = part;
    }
    struct report_sums sums = sums_of_slot(source, slot, on_loop);
    sums_add(&part->sums, &sums);
}

static void place_slot(struct places *places, struct source_thread *thread, uint32_t id,
                       const struct trace_slot *slot)
{
    struct source *source = places->source;
    if (slot->count == 0)
        return;
    struct site_extra *extra = site_at(places, slot);
    note_line(places, extra, slot);
    struct report_use *use =
        use_of(source, extra->site, thread->thread, noise_of(source, thread, slot));
    add_slot(source, use, slot);
    if (!use->noise)
        add_part(places, extra->site, slot, thread->thread->loop != NULL);
    if (!use->noise && extra->site->detail)
        detail_add_place(source, use, slot, owner_at(places, slot->context));
    source->use = arena_grow(source->build->arena, source->use, sizeof(struct report_use *),
                             source->use_count, &source->use_capacity);
    map_put(&source->slots, id, (uint32_t)source->use_count);
    map_put(&source->chains, source_chain(slot->call, slot->context), (uint32_t)source->use_count);
    source->use[source->use_count++] = use;
}

/* ---- sums ---- */

static void sum_uses(struct report_site *site)
{
    for (const struct report_use *use = site->uses; use; use = use->next) {
        if (use->noise) {
            site->idle_calls += use->calls;
            site->idle_ns += use->total_ns;
            continue;
        }
        site->calls += use->calls;
        site->total_ns += use->total_ns;
        site->blocked += use->blocked;
        site->blocked_ns += use->blocked_ns;
        site->stalled_turns += use->stalled_turns;
        site->stall_ns += use->stall_ns;
        site->errors += use->errors;
        site->again += use->again;
        site->interrupted += use->interrupted;
        site->no_timeout += use->no_timeout;
        site->on_loop |= use->thread->loop != NULL;
        if (!use->thread->loop) {
            site->off_calls += use->calls;
            site->off_blocked_ns += use->blocked_ns;
        }
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct report_site *x = ((const struct site_extra *)a)->site;
    const struct report_site *y = ((const struct site_extra *)b)->site;
    struct report_sums left = sums_of_site(x), right = sums_of_site(y);
    int order = sums_order(&left, &right);
    return order ? order : x->id < y->id ? -1 : x->id > y->id;
}

static void hand_over(struct places *places)
{
    struct source *source = places->source;
    struct report_process *process = source->process;
    if (places->site_count)
        qsort(places->sites, places->site_count, sizeof *places->sites, by_rank);
    process->sites = ARENA_ARRAY(source->build->arena, struct report_site *, places->site_count);
    process->site_count = (unsigned)places->site_count;
    for (size_t i = 0; i < places->site_count; i++) {
        process->sites[i] = places->sites[i].site;
        process->sites[i]->context = places->sites[i].heaviest;
        if (i >= source->build->options->callers)
            continue;
        process->sites[i]->callers = owner_callers(source, places->sites[i].heaviest);
        mixed_stack_fill(source, process->sites[i], places->sites[i].heaviest);
    }
}

void sites_build(struct source *source)
{
    struct places places = {.source = source};
    places.owners.arena = places.by_id.arena = source->build->arena;
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        struct source_thread *thread = source_thread(source, &cursor);
        if (record->type == RECORD_SLOT && thread)
            place_slot(&places, thread, cursor.id, (const struct trace_slot *)record);
    }
    for (size_t i = 0; i < places.site_count; i++)
        sum_uses(places.sites[i].site);
    latencies_add(source);
    hand_over(&places);
}

/* ---- ids ---- */

static int by_id(const void *a, const void *b)
{
    uint64_t x = (*(struct report_site *const *)a)->id, y = (*(struct report_site *const *)b)->id;
    return x < y ? -1 : x > y;
}

/* Hexadecimal digits that two ids have in common, from the front. */
static unsigned common_digits(uint64_t a, uint64_t b)
{
    return a == b ? 16 : (unsigned)__builtin_clzll(a ^ b) / 4;
}

static void shorten(struct report_site *site, unsigned digits)
{
    static const char hex[] = "0123456789abcdef";
    digits = digits < PREFIX_MIN ? PREFIX_MIN : digits > 16 ? 16 : digits;
    for (unsigned i = 0; i < digits; i++)
        site->short_id[i] = hex[site->id >> (60 - 4 * i) & 15];
    site->short_id[digits] = 0;
}

void sites_shorten(struct report *report)
{
    size_t count = 0, filled = 0;
    for (unsigned i = 0; i < report->process_count; i++)
        count += report->processes[i]->site_count;
    struct report_site **all = ARENA_ARRAY(&report->arena, struct report_site *, count);
    for (unsigned i = 0; i < report->process_count; i++)
        for (unsigned j = 0; j < report->processes[i]->site_count; j++)
            all[filled++] = report->processes[i]->sites[j];
    qsort(all, count, sizeof(struct report_site *), by_id);
    unsigned before = 0; /* digits shared with the nearest smaller id */
    for (size_t i = 0; i < count;) {
        size_t next = i + 1; /* the same site in other processes shares its prefix */
        while (next < count && all[next]->id == all[i]->id)
            next++;
        unsigned after = next < count ? common_digits(all[i]->id, all[next]->id) : 0;
        unsigned digits = (before > after ? before : after) + 1;
        for (; i < next; i++)
            shorten(all[i], digits);
        before = after;
    }
}
