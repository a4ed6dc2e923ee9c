/* SPDX-License-Identifier: MIT
 *
 * What the routes of a run did: calls that workers made, and those that ran in place and why.
 */
#ifndef SHUNT_ROUTES_H
#define SHUNT_ROUTES_H

#include "build.h"

/* Fills `moved` of the process, its loops and sites, its pools, and for how long it was switched
 * off. After sites_build and loops_fill. */
void routes_fill(struct source *source);

/* Was any call to be moved? */
bool routes_any(const struct report_moved *moved);

/* Adds another's. */
void routes_add(struct report_moved *sum, const struct report_moved *more);

/* Time that callers waited beyond what the calls took on their workers. */
uint64_t routes_cost(const struct report_moved *moved);

/* Why calls ran in place, in a few words and in one; `reason` is an enum trace_reason. */
const char *routes_reason_words(unsigned reason);
const char *routes_reason_name(unsigned reason);

#endif
