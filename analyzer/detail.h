/* SPDX-License-Identifier: MIT
 *
 * What is only worth collecting for a site that somebody asks about: every place and chain of
 * callers it was called from, and its longest calls.
 */
#ifndef SHUNT_DETAIL_H
#define SHUNT_DETAIL_H

#include "build.h"
#include "owner.h"

/* A slot of the site, that is no idle wait, with the owner of its chain. */
void detail_add_place(struct source *source, const struct report_use *use,
                      const struct trace_slot *slot, const struct owner *owner);

/* A blocked call of the site. */
void detail_add_event(const struct source *source, const struct report_use *use,
                      const struct trace_event *event);

/* Adds one place's sums to the one in `places` that reads the same, or appends it. False: there was
 * no room. */
#define DETAIL_PLACES 24u
bool detail_merge_place(struct report_place *places, unsigned *count,
                        const struct report_place *place);

/* Puts an event among the longest; both also serve to add up several processes. */
void detail_keep_longest(struct report_event *longest, unsigned *count,
                         const struct report_event *event);

/* Orders places by their time. */
void detail_order_places(struct report_place *places, unsigned count);

/* After all slots and events. */
void detail_finish(struct report_site *site);

#endif
