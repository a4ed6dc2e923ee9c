/* SPDX-License-Identifier: MIT
 *
 * One call as its rule says: refused, one of at most so many, on a worker and by its deadline, or
 * here as ever. What became of it is in handoff_self.outcome.
 */
#ifndef SHUNT_DISPATCH_H
#define SHUNT_DISPATCH_H

#include "handoff.h"

/* Returns when the call is over; errno is as it left it. Any context. */
void dispatch_call(struct visit *v, const struct handoff_call *call);

#endif
