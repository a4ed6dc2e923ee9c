/* SPDX-License-Identifier: MIT
 *
 * The policy in force in this process: a checked block (policy_blob.h) in memory of ours, and what
 * it says of a call. What a chain decides is found when the chain is first met under this policy
 * and noted in the thread's slot (its head's aux); what the moment decides is asked in each call.
 */
#ifndef SHUNT_POLICY_FORCE_H
#define SHUNT_POLICY_FORCE_H

#include "guard.h"
#include "policy_format.h"

#include <stdint.h>

/* What else a rule says of its calls. */
struct force_limits {
    uint64_t rule;        /* tells the rule from others, by its id */
    uint64_t deadline_ns; /* 0 none */
    uint32_t bulkhead;    /* at most so many at a time; 0: any number */
    uint16_t error;       /* errno of those that are denied; 0: they are made */
    uint8_t over;         /* enum policy_route: what those over the bulkhead get */
};

struct force_answer {
    uint8_t route;   /* enum policy_route that its rule gives the call */
    uint8_t reason;  /* enum trace_reason: in place nevertheless; REASON_NONE: not so */
    uint16_t pool;   /* number */
    uint32_t record; /* id of the rule's record; 0: no rule, or no room for it */
    struct force_limits limits;
};

/* What the policy says of a call that is about to be made; learns its chain if a rule may be about
 * the call. Any context; errno is kept. */
struct force_answer force_ask(struct visit *v);

/* Counts in a rule's record what became of a call. */
struct handoff_outcome;
void force_count(const struct handoff_outcome *outcome);

#endif
