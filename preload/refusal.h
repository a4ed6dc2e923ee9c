/* SPDX-License-Identifier: MIT
 *
 * A call that is not made, or whose time is over, fails as it would by itself: by its row's
 * convention, with an error.
 */
#ifndef SHUNT_REFUSAL_H
#define SHUNT_REFUSAL_H

#include "handoff.h"

/* Sets the call's result, and errno where its convention has it; 0 where it has no word for failure
 * (policy_bounds.h). Nothing else of the caller's is written. */
void refusal_give(const struct handoff_call *call, int error);

#endif
