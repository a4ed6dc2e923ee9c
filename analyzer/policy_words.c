/* SPDX-License-Identifier: MIT
 *
 * The words of the policy language, as policy.h and policy_words.h promise them.
 */
#include "policy_words.h"

#include <string.h>

const char *const policy_matcher_words[MATCHERS] = {
    [MATCH_SITE] = "site",
    [MATCH_CALL] = "call",
    [MATCH_FAMILY] = "family",
    [MATCH_ROLE] = "role",
    [MATCH_OWNER] = "owner",
    [MATCH_MODULE] = "module",
    [MATCH_FUNCTION] = "function",
    [MATCH_SOURCE] = "source",
    [MATCH_VIA] = "via",
    [MATCH_PYTHON_FILE] = "python_file",
    [MATCH_PYTHON_FUNCTION] = "python_function",
    [MATCH_EXECUTABLE] = "executable",
    [MATCH_SPAWN] = "spawn",
    [MATCH_FRAMES] = "frames",
    [MATCH_FD] = "fd",
};

const char *const policy_route_words[POLICY_ROUTES] = {[POLICY_INPLACE] = "inplace",
                                                       [POLICY_POOL] = "pool",
                                                       [POLICY_GREEN] = "green",
                                                       [POLICY_DENY] = "deny"};

const char *const policy_rollout_words[POLICY_ROLLOUTS] = {
    [POLICY_BY_TIME] = "time", [POLICY_BY_THREAD] = "thread", [POLICY_BY_FD] = "fd"};

const char *const policy_role_words[POLICY_ROLES] = {[POLICY_ROLE_LOOP] = "loop",
                                                     [POLICY_ROLE_HUB] = "hub",
                                                     [POLICY_ROLE_MAIN] = "main",
                                                     [POLICY_ROLE_THREAD] = "thread"};

const char *const policy_state_words[POLICY_STATES] = {
    [POLICY_STATE_NONE] = "",   [POLICY_FOUND] = "found", [POLICY_PLANNED] = "planned",
    [POLICY_CANARY] = "canary", [POLICY_MOVED] = "moved", [POLICY_CLOSED] = "closed",
};

const char *const policy_goal_words[2] = {"unblock", "threads"};

const char *policy_error_name(unsigned error)
{
    return strerrorname_np((int)error);
}

const char *policy_matcher_name(enum policy_matcher matcher)
{
    return policy_matcher_words[matcher];
}

const char *policy_route_name(enum policy_route route)
{
    return policy_route_words[route];
}

const char *policy_state_name(enum policy_state state)
{
    return policy_state_words[state];
}

const char *policy_role_name(enum policy_role role)
{
    return policy_role_words[role];
}

const char *policy_rollout_by_name(enum policy_rollout_by by)
{
    return policy_rollout_words[by];
}

enum policy_state policy_rule_state(const struct policy_rule *rule)
{
    if (rule->ledger.state)
        return rule->ledger.state;
    if (!rule->routes || rule->route == POLICY_INPLACE)
        return POLICY_FOUND;
    if (rule->route == POLICY_DENY)
        return POLICY_CLOSED;
    return rule->rollout == POLICY_ROLLOUT_ALL ? POLICY_MOVED
           : rule->rollout                     ? POLICY_CANARY
                                               : POLICY_PLANNED;
}
