/* SPDX-License-Identifier: MIT
 *
 * Where the work stands: the ledger of a policy beside what its sites did in the latest recording,
 * and what needed work in each recording before.
 */
#ifndef SHUNT_PROGRESS_H
#define SHUNT_PROGRESS_H

#include "ledger.h"

#include <stdio.h>

/* One recording. */
struct progress_point {
    const char *path;
    struct ledger ledger;
    unsigned fresh, gone; /* sites that need work and did not before; that did, and do not now */
};

struct progress {
    struct arena *arena;
    const struct policy *policy;
    struct progress_point *points; /* by time */
    unsigned count;
    unsigned states[POLICY_STATES]; /* items and sites without one, by state */
    int today;
};

/* Reads each path as one recording. 0, or -1 with a sentence. */
int progress_read(struct progress *progress, const struct policy *policy, const char *const *paths,
                  unsigned count, const struct report_options *options, struct error *error);
void progress_free(struct progress *progress);

/* Is the item over by then? */
bool progress_expired(const struct policy *policy, uint32_t item, int today);
const struct policy_ledger *progress_ledger(const struct policy *policy, uint32_t item);

void progress_show(const struct progress *progress, FILE *out, bool color);
void progress_show_json(const struct progress *progress, FILE *out);

#endif
