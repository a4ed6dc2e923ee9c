/* SPDX-License-Identifier: MIT
 *
 * Whether one call may go to a worker now, and whether it has to: by its arguments and the state of
 * its thread. A call that would not wait never travels.
 */
#ifndef SHUNT_CONDITIONS_H
#define SHUNT_CONDITIONS_H

#include "handoff.h"

/* REASON_NONE: it may move, and may wait. errno may change. */
int conditions_check(const struct handoff_call *call);

#endif
