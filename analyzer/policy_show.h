/* SPDX-License-Identifier: MIT
 *
 * Rules in words, for all commands that speak of them.
 */
#ifndef SHUNT_POLICY_SHOW_H
#define SHUNT_POLICY_SHOW_H

#include "policy.h"

/* "call poll, recv; via libmariadb.so*; role loop"; "every call". */
const char *policy_show_match(struct arena *arena, const struct policy_match *match);

/* One matcher of it: "call poll, recv". */
const char *policy_show_matcher(struct arena *arena, const struct policy_match *match,
                                enum policy_matcher matcher);

/* "pool disk 25% by time, deadline 2.00 s", "ledger only". */
const char *policy_show_route(struct arena *arena, const struct policy *policy,
                              const struct policy_rule *rule);

/* "25%", "12.5%". */
const char *policy_show_share(struct arena *arena, unsigned hundredths);

#endif
