/* SPDX-License-Identifier: MIT
 *
 * How long the calls took that a rule with a share (`rollout: 25%`) took, inside the share and
 * outside it: so that one run compares both ways of one site. Costs nothing where no rule has a
 * share.
 */
#ifndef SHUNT_ROLLOUT_H
#define SHUNT_ROLLOUT_H

#include "guard.h"
#include "handoff.h"

/* After the call was counted in its slot. `erred`: as guard_erred says. */
void rollout_count(const struct visit *v, const struct handoff_outcome *outcome, int erred);

#endif
