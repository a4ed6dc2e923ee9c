/* SPDX-License-Identifier: MIT
 *
 * What a policy does to the calls of a recording: each recorded chain is judged as a process would
 * judge it, by the compiled policy, and the answers are added up by site. So what is said of a
 * policy before it is used is what it will do.
 */
#ifndef SHUNT_POLICY_REPLAY_H
#define SHUNT_POLICY_REPLAY_H

#include "build.h"
#include "policy_compile.h"
#include "preload/policy_eval.h"

/* Calls of a site for which the answer is the same. */
struct replay_answer {
    uint32_t rule; /* of the policy; POLICY_NONE: no rule */
    bool unknown;  /* in place, for it cannot be told whether the rule takes them */
    uint64_t calls, ns, blocked, stall_ns;
    uint64_t idle_calls; /* noise, such as a loop's own wait: not in the sums above */
    struct replay_answer *next;
};

struct replay_site {
    uint64_t id;
    const struct report_site *site; /* as in the process where it was met first */
    const struct report_process *process;
    struct replay_answer *answers;
    struct report_sums sums;
};

struct replay {
    struct arena *arena;
    const struct policy *policy;
    struct policy_view view;
    uint32_t *rule_of; /* rule of the block -> rule of the policy */
    struct map by_id;
    struct replay_site *sites;
    size_t count, room;
    struct replay_rule {
        uint64_t calls, ns, idle_calls, unknown_calls;
        unsigned sites;
    } * rules; /* of the policy */
    /* optional: called with each chain, before it is judged */
    void (*each_chain)(void *context, const struct replay *replay, const struct report_site *site,
                       const struct policy_call *call, const struct policy_moment *moment,
                       uint64_t calls);
    void *context;
};

/* Prepares a replay of the compiled policy. -1: the block is refused (with a sentence). */
int replay_begin(struct replay *replay, struct arena *arena, const struct policy *policy,
                 const struct policy_compiled *compiled, struct error *error);

/* A report_options.each_source; the context is the replay. */
void replay_source(void *replay, const struct source *source);

/* After the report was built: most stall first. */
void replay_finish(struct replay *replay);

/* The answer that most of its calls get. */
const struct replay_answer *replay_main_answer(const struct replay_site *site);

/* The policy as a ledger: every rule and then every group takes calls, so that an answer tells the
 * item that a call belongs to. Groups follow the rules: rule `rule_count + i` is group i. */
void replay_ledger_of(struct policy *ledger, struct arena *arena, const struct policy *policy);

#endif
