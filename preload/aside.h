/* SPDX-License-Identifier: MIT
 *
 * What the wrappers have in common that go aside: those of a process with routes, or of one that is
 * switched off.
 */
#ifndef SHUNT_ASIDE_H
#define SHUNT_ASIDE_H

#include "guard.h"
#include "route.h"

/* guard_leave, and what the call's route came to. */
void aside_leave(struct visit *v, int waits, int failed, long result);

#endif
