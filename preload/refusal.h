/* SPDX-License-Identifier: MIT
 *
 * A call that is not made, or whose time is over, fails as it would by itself: by its row's
 * convention, with an error.
 */
#ifndef SHUNT_REFUSAL_H
#define SHUNT_REFUSAL_H

#include "handoff.h"

/* Sets the call's result, and errno where its convention has it. Nothing else of the caller's is
 * written. Only for calls of which policy_bar_deny or policy_bar_deadline says that they may. */
void refusal_give(const struct handoff_call *call, int error);

#endif
