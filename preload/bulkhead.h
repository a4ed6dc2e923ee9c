/* SPDX-License-Identifier: MIT
 *
 * How many calls of a rule are under way in the process. A bulkhead is a row of places; a call that
 * enters takes a free one, and nobody ever waits for one. Which call has a place is written in it,
 * so that leaving twice, or leaving what was not entered yet, does nothing: a signal handler may
 * jump out between any two instructions. Rules are known by their ids: a policy that replaces
 * another goes on with its count. A fork child finds all places free.
 */
#ifndef SHUNT_BULKHEAD_H
#define SHUNT_BULKHEAD_H

#include "guard.h"
#include "place.h"
#include "policy_blob.h"

#include <stdint.h>

extern __thread struct places bulkhead_self __attribute__((visibility("hidden")));

/* Makes room for a policy's rules. One thread at a time, before it comes into force. */
void bulkhead_define(const struct policy_view *view);

/* A place for the visit's call among `most` of the rule: its number in the thread, for
 * bulkhead_leave, or -1: all are taken, or they cannot be told. Any context. */
int bulkhead_enter(const struct visit *v, uint64_t rule, uint32_t most);

/* Gives a place back, and those of calls inside that were left in other ways. */
void bulkhead_leave(int number);

#endif
