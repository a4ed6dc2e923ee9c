/* SPDX-License-Identifier: MIT
 *
 * Sums over calls: of a slot, and of several.
 */
#ifndef SHUNT_SUMS_H
#define SHUNT_SUMS_H

#include "build.h"

/* Stalls count where the slot's thread is a loop. */
struct report_sums sums_of_slot(const struct source *source, const struct trace_slot *slot,
                                bool on_loop);
struct report_sums sums_of_site(const struct report_site *site);
struct report_sums sums_of_use(const struct report_use *use);

void sums_add(struct report_sums *to, const struct report_sums *from);

/* For qsort: most stall first, then blocked time, time, calls. */
int sums_order(const struct report_sums *a, const struct report_sums *b);

#endif
