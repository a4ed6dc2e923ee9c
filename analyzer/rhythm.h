/* SPDX-License-Identifier: MIT
 *
 * Loops of a thread that sleep for a fixed time and then work: a round takes both, so they drift.
 */
#ifndef SHUNT_RHYTHM_H
#define SHUNT_RHYTHM_H

#include "report.h"

/* A sentence about the site's sleeps, or NULL: it is in no such loop. After its uses are known. */
const char *rhythm_of(struct arena *arena, const struct report_site *site);

#endif
