/* SPDX-License-Identifier: MIT
 *
 * A site's calls inside the share of a rollout and those outside it, from one run.
 */
#ifndef SHUNT_ROLLOUTS_H
#define SHUNT_ROLLOUTS_H

#include "build.h"

/* Fills `rollout` of the sites. After sites_build. */
void rollouts_fill(struct source *source);

/* Are there calls on both sides? False for NULL. */
bool rollouts_compare(const struct report_rollout *rollout);

/* All calls inside the share: whether a worker made them or not is not a matter of chance, for
 * those that need not wait stay. */
void rollouts_share(const struct report_rollout *rollout, struct report_rollout_part *share);

/* Adds one whose clock is the same. */
void rollouts_add(struct report_rollout *sum, const struct report_rollout *more);

#endif
