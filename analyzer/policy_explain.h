/* SPDX-License-Identifier: MIT
 *
 * Why a rule takes a call, or not: each rule's answer, and the first thing it asks that the call is
 * not.
 */
#ifndef SHUNT_POLICY_EXPLAIN_H
#define SHUNT_POLICY_EXPLAIN_H

#include "policy_replay.h"

/* What the call is, for sentences; NULL where it is nothing or not known. */
struct explain_facts {
    const char *call, *module, *function, *source;
};

enum explain_answer { EXPLAIN_NO, EXPLAIN_YES, EXPLAIN_UNKNOWN };

/* The answer of one rule to one chain of calls. `why`: a clause, for no and unknown. */
enum explain_answer explain_rule(struct arena *arena, const struct policy_view *view,
                                 uint32_t block_rule, const struct policy_rule *rule,
                                 const struct policy_call *call, const struct policy_moment *moment,
                                 const struct explain_facts *facts, const char **why);

#endif
