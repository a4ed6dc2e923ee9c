/* SPDX-License-Identifier: MIT
 *
 * See targets.h.
 */
#include "targets.h"

#include "detail.h"
#include "events.h"
#include "text.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define TARGETS_MOST 16u

/* ---- patterns ---- */

static size_t kind_length(const char *target)
{
    const char *colon = strchr(target, ':');
    return colon ? (size_t)(colon - target) + 1 : 0;
}

/* Files: what their names end in, from the last dot on; sockets: what host or port they share. */
static const char *merge_files(struct arena *arena, size_t kind, const char *a, const char *b)
{
    const char *dot_a = strrchr(text_basename(a), '.'), *dot_b = strrchr(text_basename(b), '.');
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    bool same_end = dot_a && dot_b && strcmp(dot_a, dot_b) == 0;
    if (slash_a && slash_b && slash_a - a == slash_b - b &&
        strncmp(a, b, (size_t)(slash_a - a)) == 0)
        return arena_print(arena, "%.*s/*%s", (int)(slash_a - a), a, same_end ? dot_a : "");
    return arena_print(arena, "%.*s*%s", (int)kind, a, same_end ? dot_a : "");
}

static const char *merge_peers(struct arena *arena, size_t kind, const char *a, const char *b)
{
    const char *port_a = strrchr(a + kind, ':'), *port_b = strrchr(b + kind, ':');
    if (!port_a || !port_b)
        return arena_print(arena, "%.*s*", (int)kind, a);
    if (strcmp(port_a, port_b) == 0)
        return arena_print(arena, "%.*s*%s", (int)kind, a, port_a);
    if (port_a - a == port_b - b && strncmp(a, b, (size_t)(port_a - a)) == 0)
        return arena_print(arena, "%.*s:*", (int)(port_a - a), a);
    return arena_print(arena, "%.*s*", (int)kind, a);
}

const char *targets_merge(struct arena *arena, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return a;
    size_t kind = kind_length(a);
    if (kind == 0 || kind != kind_length(b) || strncmp(a, b, kind) != 0)
        return "*";
    return text_starts(a, "file:") || text_starts(a, "dir:") ? merge_files(arena, kind, a, b)
                                                             : merge_peers(arena, kind, a, b);
}

/* ---- collecting ---- */

struct pass {
    struct source *const *sources;
    struct map by_pid;
    uint32_t last_slot; /* events of one slot tend to follow each other */
    struct report_use *last_use;
    const struct source *last_source;
};

/* Beyond TARGETS_MOST only the pattern goes on growing. Bounded, however hostile the names. */
static void widen(struct arena *arena, struct report_site *site, const char *text)
{
    enum { MERGES_MOST = 64 };
    site->more_targets = true;
    if (site->merges == MERGES_MOST || fnmatch(site->pattern, text, 0) == 0)
        return;
    site->merges++;
    site->pattern = targets_merge(arena, site->pattern, text_clean(arena, text));
}

static void add(struct arena *arena, struct report_site *site, const char *text, uint64_t events,
                uint64_t ns)
{
    for (unsigned i = 0; i < site->target_count; i++)
        if (strcmp(site->targets[i].text, text) == 0) {
            site->targets[i].events += events;
            site->targets[i].blocked_ns += ns;
            return;
        }
    if (site->target_count == TARGETS_MOST) {
        widen(arena, site, text);
        return;
    }
    site->pattern = site->pattern ? targets_merge(arena, site->pattern, text) : text;
    if (!site->targets)
        site->targets = ARENA_ARRAY(arena, struct report_target, TARGETS_MOST);
    site->targets[site->target_count++] = (struct report_target){text, events, ns};
}

static void add_slots(struct source *source)
{
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        if (record->type != RECORD_SLOT)
            continue;
        const struct trace_slot *slot = (const struct trace_slot *)record;
        const struct report_use *use = source_use(source, cursor.id);
        const char *text = reader_string(source->reader, slot->target);
        if (!use || use->noise || !text)
            continue;
        add(source->build->arena, use->site, text_clean(source->build->arena, text), 0, 0);
        use->site->many_targets |= (slot->flags & SLOT_MANY_TARGETS) != 0;
    }
}

static struct report_use *find_use(struct pass *pass, const struct trace_event *event)
{
    if (event->slot == pass->last_slot && event->slot)
        return pass->last_use;
    uint32_t index = map_get(&pass->by_pid, (uint32_t)event->pid);
    if (index == MAP_NONE)
        return NULL;
    pass->last_slot = event->slot;
    pass->last_source = pass->sources[index];
    pass->last_use = source_use(pass->last_source, event->slot);
    return pass->last_use;
}

/* Called for each event: no allocation unless a target is met for the first time. */
static void add_event(void *context, const struct trace_event *event)
{
    struct pass *pass = context;
    struct report_use *use = find_use(pass, event);
    if (!use || use->noise)
        return;
    const struct source *source = pass->last_source;
    if (use->site->detail)
        detail_add_event(source, use, event);
    const char *text = reader_string(source->reader, event->target);
    if (!text)
        return;
    struct report_site *site = use->site;
    uint64_t ns = source_ns(source, event->ticks);
    for (unsigned i = 0; i < site->target_count; i++)
        if (strcmp(site->targets[i].text, text) == 0) {
            site->targets[i].events++;
            site->targets[i].blocked_ns += ns;
            return;
        }
    if (site->target_count < TARGETS_MOST)
        add(source->build->arena, site, text_clean(source->build->arena, text), 1, ns);
    else
        widen(source->build->arena, site, text);
}

static int by_blocked(const void *a, const void *b)
{
    const struct report_target *x = a, *y = b;
    if (x->blocked_ns != y->blocked_ns)
        return x->blocked_ns > y->blocked_ns ? -1 : 1;
    return strcmp(x->text, y->text);
}

static void finish(struct source *source)
{
    for (unsigned i = 0; i < source->process->site_count; i++) {
        struct report_site *site = source->process->sites[i];
        if (site->target_count)
            qsort(site->targets, site->target_count, sizeof *site->targets, by_blocked);
        site->more_targets |= site->many_targets && site->target_count < 2;
        if (site->detail)
            detail_finish(site);
    }
}

int targets_fill(struct source *const *sources, unsigned count, struct error *error)
{
    if (count == 0)
        return 0;
    for (unsigned i = 0; i < count; i++)
        add_slots(sources[i]);
    struct pass pass = {.sources = sources, .by_pid.arena = sources[0]->build->arena};
    for (unsigned i = 0; i < count; i++)
        map_put(&pass.by_pid, (uint32_t)sources[i]->process->pid, i);
    struct events_count events;
    if (events_read(sources[0]->reader, &events, add_event, &pass, error) < 0)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        sources[i]->process->events_overwritten = events.overwritten;
        finish(sources[i]);
    }
    return 0;
}
