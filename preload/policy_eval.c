/* SPDX-License-Identifier: MIT
 *
 * See policy_eval.h. Rules in order: what the chain decides of them, then what the moment does.
 * What their terms ask is in policy_terms.c.
 */
#include "policy_eval.h"

#define NO      POLICY_NO
#define YES     POLICY_YES
#define UNKNOWN POLICY_UNKNOWN

uint32_t policy_call_index(const struct policy_view *view, const char *name)
{
    for (uint32_t i = 0; i < view->count[POLICY_CALLS]; i++) {
        const char *known = policy_text(view, view->calls[i]), *at = name;
        while (*at && *at == *known) {
            at++;
            known++;
        }
        if (*at == *known)
            return i;
    }
    return POLICY_NONE;
}

/* ---- rules ---- */

bool policy_rule_names(const struct policy_view *view, const struct policy_blob_rule *rule,
                       uint32_t call)
{
    if (rule->calls == POLICY_NONE)
        return true;
    return call != POLICY_NONE && view->bits[rule->calls + call / 64] >> call % 64 & 1;
}

static enum policy_truth rule_holds(const struct policy_view *view,
                                    const struct policy_blob_rule *rule,
                                    const struct policy_call *call)
{
    enum policy_truth answer = YES;
    if (!policy_rule_names(view, rule, call->call))
        return NO;
    for (uint32_t i = 0; i < rule->terms.count; i++) {
        enum policy_truth one = policy_term_holds(view, call, &view->terms[rule->terms.first + i]);
        if (one == NO)
            return NO;
        answer = one == UNKNOWN ? UNKNOWN : answer;
    }
    return answer;
}

void policy_steps_find(const struct policy_view *view, const struct policy_call *call,
                       struct policy_steps *steps)
{
    steps->count = 0;
    steps->more = false;
    for (uint32_t i = 0; i < view->count[POLICY_RULES]; i++) {
        const struct policy_blob_rule *rule = &view->rules[i];
        enum policy_truth holds = rule_holds(view, rule, call);
        if (holds == NO)
            continue;
        if (steps->count == POLICY_STEPS_MOST) {
            steps->more = true;
            return;
        }
        steps->step[steps->count].rule = i;
        steps->step[steps->count++].unknown = holds == UNKNOWN;
        if (!rule->moment) /* nobody gets past it: it takes the call, or might */
            return;
    }
}

bool policy_steps_final(const struct policy_view *view, const struct policy_steps *steps)
{
    return steps->count == 0 || !view->rules[steps->step[0].rule].moment;
}

/* ---- the moment ---- */

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 33) * 0xff51afd7ed558ccdull;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53ull;
    return value ^ value >> 33;
}

bool policy_rollout_takes(const struct policy_blob_rule *rule, const struct policy_moment *moment)
{
    if (rule->rollout == POLICY_ROLLOUT_ALL || rule->rollout == 0)
        return rule->rollout != 0;
    uint64_t key = rule->rollout_by == POLICY_BY_FD ? (uint64_t)moment->fd : moment->thread;
    if (rule->rollout_by == POLICY_BY_TIME)
        key = mix(key) ^ moment->second;
    return mix(rule->salt ^ mix(key)) % POLICY_ROLLOUT_ALL < rule->rollout;
}

static bool moment_fits(const struct policy_view *view, const struct policy_blob_rule *rule,
                        const struct policy_moment *moment)
{
    if (rule->roles && !(rule->roles & moment->roles))
        return false;
    for (uint32_t i = 0; i < rule->terms.count; i++) {
        const struct policy_term *term = &view->terms[rule->terms.first + i];
        if (term->kind == POLICY_TERM_FD && !policy_fd_fits(view, term, moment))
            return false;
    }
    return true;
}

struct policy_answer policy_decide(const struct policy_view *view, const struct policy_steps *steps,
                                   const struct policy_moment *moment)
{
    for (uint32_t i = 0; i < steps->count; i++) {
        uint32_t index = steps->step[i].rule;
        const struct policy_blob_rule *rule = &view->rules[index];
        if (rule->moment && !moment_fits(view, rule, moment))
            continue;
        if (steps->step[i].unknown)
            return (struct policy_answer){index, POLICY_INPLACE, POLICY_WHY_UNKNOWN};
        if (!policy_rollout_takes(rule, moment))
            return (struct policy_answer){index, POLICY_INPLACE, POLICY_WHY_ROLLOUT};
        return (struct policy_answer){index, (enum policy_route)rule->route, POLICY_WHY_RULE};
    }
    return (struct policy_answer){POLICY_NONE, POLICY_INPLACE,
                                  steps->more ? POLICY_WHY_CROWDED : POLICY_WHY_NO_RULE};
}
