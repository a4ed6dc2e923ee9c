/* SPDX-License-Identifier: MIT
 *
 * See detail.h.
 */
#include "detail.h"

#include "sums.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool detail_merge_place(struct report_place *places, unsigned *count,
                        const struct report_place *place)
{
    for (unsigned i = 0; i < *count; i++)
        if (places[i].line == place->line && same_text(places[i].file, place->file) &&
            same_text(places[i].via, place->via) && same_text(places[i].callers, place->callers)) {
            sums_add(&places[i].sums, &place->sums);
            return true;
        }
    if (*count == DETAIL_PLACES)
        return false;
    places[(*count)++] = *place;
    return true;
}

void detail_add_place(struct source *source, const struct report_use *use,
                      const struct trace_slot *slot, const struct owner *owner)
{
    struct report_site *site = use->site;
    struct report_place place = {.file = owner->file,
                                 .line = owner->line,
                                 .via = owner->via,
                                 .callers = owner_callers(source, slot->context),
                                 .sums = sums_of_slot(source, slot, use->thread->loop != NULL)};
    if (!site->places)
        site->places = ARENA_ARRAY(source->build->arena, struct report_place, DETAIL_PLACES);
    site->more_places |= !detail_merge_place(site->places, &site->place_count, &place);
}

static int by_time(const void *a, const void *b)
{
    const struct report_place *x = a, *y = b;
    int order = sums_order(&x->sums, &y->sums);
    return order ? order : x->line - y->line;
}

void detail_order_places(struct report_place *places, unsigned count)
{
    if (count)
        qsort(places, count, sizeof *places, by_time);
}

void detail_finish(struct report_site *site)
{
    detail_order_places(site->places, site->place_count);
}

void detail_keep_longest(struct report_event *longest, unsigned *count,
                         const struct report_event *event)
{
    unsigned at = *count;
    if (at == REPORT_EVENTS && longest[at - 1].ns >= event->ns)
        return;
    at -= at == REPORT_EVENTS;
    for (; at && longest[at - 1].ns < event->ns; at--)
        longest[at] = longest[at - 1];
    longest[at] = *event;
    *count += *count < REPORT_EVENTS;
}

void detail_add_event(const struct source *source, const struct report_use *use,
                      const struct trace_event *event)
{
    struct report_site *site = use->site;
    uint64_t ns = source_ns(source, event->ticks);
    /* most events are none of the longest: they must cost no memory */
    if (site->longest_count == REPORT_EVENTS && site->longest[REPORT_EVENTS - 1].ns >= ns)
        return;
    struct report_event one = {
        .when_ns = source_since(source, event->start),
        .ns = ns,
        .target = text_clean(source->build->arena, reader_string(source->reader, event->target)),
        .thread = use->thread->name,
        .pid = source->process->pid,
        .error = event->error};
    detail_keep_longest(site->longest, &site->longest_count, &one);
}
