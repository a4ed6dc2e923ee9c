/* SPDX-License-Identifier: MIT
 *
 * See policy_check.h.
 */
#include "policy_check.h"

#include "call_words.h"
#include "map.h"
#include "policy_modifiers.h"
#include "policy_words.h"
#include "preload/policy_glob.h"
#include "text.h"

#include <string.h>

/* ---- what the table of calls forbids ---- */

static bool moves(const struct policy_rule *rule)
{
    return rule->routes && (rule->route == POLICY_POOL || rule->route == POLICY_GREEN);
}

/* A call that is named and cannot be moved is a mistake; one that a family or a pattern brings
 * along stays in place, and only if all do the rule is one. */
static void check_never(const struct policy_rule *rule, struct policy_notes *notes)
{
    const struct policy_match *match = &rule->match;
    unsigned movable = 0, named = 0;
    for (unsigned id = 0; id < CALL_COUNT; id++) {
        bool never = call_infos[id].move == MOVE_NEVER;
        movable += match->calls[id] && !never;
        if (!match->named[id] || !never)
            continue;
        named++;
        policy_error(notes, match->by[MATCH_CALL].at,
                     "%s cannot take the route %s: %s; take it out, or use inplace",
                     call_infos[id].name, policy_route_words[rule->route],
                     call_never_why((enum call_id)id));
    }
    if (movable == 0 && named == 0)
        policy_error(notes, rule->route_at,
                     "none of these calls can take the route %s: all are bound to their own "
                     "threads (see \"shunt calls\")",
                     policy_route_words[rule->route]);
}

/* ---- what the ledger says ---- */

static void check_state(const struct policy_rule *rule, struct policy_notes *notes)
{
    enum policy_state said = rule->ledger.state;
    bool all = rule->rollout == POLICY_ROLLOUT_ALL;
    if (!moves(rule) || !rule->ledger.state_at.line)
        return;
    if (said == POLICY_MOVED && !all)
        policy_warn(notes, rule->ledger.state_at,
                    "rule \"%s\" says moved, and its rollout moves only a part", rule->id);
    else if (said < POLICY_CANARY && rule->rollout)
        policy_warn(notes, rule->ledger.state_at, "rule \"%s\" says %s, and it moves calls already",
                    rule->id, policy_state_words[said]);
}

/* ---- rules that nothing reaches ---- */

static bool texts_cover(enum policy_matcher matcher, const struct policy_texts *wide,
                        const struct policy_texts *narrow)
{
    if (wide->count == 0)
        return true;
    if (narrow->count == 0)
        return false;
    if (matcher == MATCH_FRAMES) {
        if (wide->count != narrow->count)
            return false;
        for (unsigned i = 0; i < wide->count; i++)
            if (strcmp(wide->items[i], narrow->items[i]) != 0)
                return false;
        return true;
    }
    for (unsigned i = 0; i < narrow->count; i++) {
        bool covered = false;
        for (unsigned j = 0; !covered && j < wide->count; j++)
            covered = matcher == MATCH_SOURCE || matcher == MATCH_SITE
                          ? strcmp(wide->items[j], narrow->items[i]) == 0
                          : policy_glob_covers(wide->items[j], narrow->items[i]);
        if (!covered)
            return false;
    }
    return true;
}

static bool calls_cover(const struct policy_match *wide, const struct policy_match *narrow)
{
    if (wide->any_call || narrow->any_call)
        return wide->any_call;
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (narrow->calls[id] && !wide->calls[id])
            return false;
    return true;
}

static bool roles_cover(unsigned wide, unsigned narrow)
{
    const unsigned loop = 1u << POLICY_ROLE_LOOP, hub = 1u << POLICY_ROLE_HUB;
    if (wide & loop)
        wide |= hub; /* a hub is a loop */
    return !wide || (narrow && !(narrow & ~wide));
}

bool policy_match_covers(const struct policy_match *wide, const struct policy_match *narrow)
{
    for (unsigned i = 0; i < MATCHERS; i++)
        if (i != MATCH_CALL && i != MATCH_FAMILY && i != MATCH_ROLE && i != MATCH_SITE &&
            !texts_cover((enum policy_matcher)i, &wide->by[i], &narrow->by[i]))
            return false;
    return calls_cover(wide, narrow) && roles_cover(wide->roles, narrow->roles);
}

static void check_reached(const struct policy *policy, unsigned index, struct policy_notes *notes)
{
    const struct policy_rule *rule = &policy->rules[index];
    for (unsigned i = 0; i < index; i++) {
        const struct policy_rule *first = &policy->rules[i];
        if (!first->routes || !policy_match_covers(&first->match, &rule->match))
            continue;
        bool same = first->route == rule->route;
        policy_error(notes, rule->at,
                     "rule \"%s\" is never reached: \"%s\" (line %d) takes all its calls first%s%s;"
                     " put the narrower rule first",
                     rule->id, first->id, first->at.line, same ? "" : ", and routes them ",
                     same ? "" : policy_route_words[first->route]);
        return;
    }
}

static void check_id(const struct policy *policy, unsigned index, struct map *ids,
                     struct policy_notes *notes)
{
    const struct policy_rule *rule = &policy->rules[index];
    uint32_t before = map_get(ids, text_key(rule->id));
    if (before == MAP_NONE)
        map_put(ids, text_key(rule->id), index);
    else
        policy_error(notes, rule->at, "the id \"%s\" is taken by the rule in line %d", rule->id,
                     policy->rules[before].at.line);
}

void policy_check(const struct policy *policy, struct policy_notes *notes)
{
    struct map ids = {.arena = notes->arena};
    for (unsigned i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        check_id(policy, i, &ids, notes);
        if (moves(rule))
            check_never(rule, notes);
        policy_modifiers_check(rule, notes);
        check_state(rule, notes);
        if (rule->routes)
            check_reached(policy, i, notes);
    }
}

static void check_over(const struct policy_ledger *ledger, const char *what, const char *name,
                       int today, struct policy_notes *notes)
{
    if (ledger->expires && ledger->expires_day < today)
        policy_warn(notes, ledger->expires_at, "%s \"%s\" expired on %s%s%s", what, name,
                    ledger->expires, ledger->contact ? "; ask " : "",
                    ledger->contact ? ledger->contact : "");
}

void policy_check_expired(const struct policy *policy, int today, struct policy_notes *notes)
{
    for (unsigned i = 0; i < policy->group_count; i++)
        check_over(&policy->groups[i].ledger, "group", policy->groups[i].name, today, notes);
    for (unsigned i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        bool own = !rule->group || rule->ledger.expires != rule->group->ledger.expires;
        if (own)
            check_over(&rule->ledger, "rule", rule->id, today, notes);
    }
}
