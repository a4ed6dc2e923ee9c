/* SPDX-License-Identifier: MIT
 *
 * See policy_modifiers.h.
 */
#include "policy_modifiers.h"

#include "call_words.h"
#include "policy_words.h"
#include "preload/policy_bounds.h"

#include <string.h>

#define SECOND         1000000000ull
#define DEADLINE_MOST  (24 * 3600 * SECOND)
#define DEADLINE_LEAST 1000000ull

/* ---- their values ---- */

int policy_take_deadline(struct policy_yaml *yaml, yaml_node_t *value, struct policy_rule *rule)
{
    rule->deadline_at = policy_yaml_at(value);
    if (policy_yaml_time(yaml, value, "deadline", &rule->deadline_ns) < 0)
        return -1;
    if (rule->deadline_ns >= DEADLINE_LEAST && rule->deadline_ns <= DEADLINE_MOST)
        return 0;
    return policy_error(yaml->notes, rule->deadline_at, "a deadline is from 1ms to 86400s");
}

static int take_max(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    (void)argument;
    return policy_yaml_count(yaml, value, "bulkhead", 1, POLICY_BULKHEAD_MOST,
                             &((struct policy_rule *)into)->bulkhead);
}

static int take_over(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    static const char *const words[] = {"inplace", "deny"};
    struct policy_rule *rule = into;
    unsigned index;
    (void)argument;
    if (policy_yaml_word(yaml, value, "over", words, 2, &index) < 0)
        return -1;
    rule->over = index ? POLICY_DENY : POLICY_INPLACE;
    return 0;
}

/* `bulkhead: 8`, or `bulkhead: { max: 8, over: deny }`. */
int policy_take_bulkhead(struct policy_yaml *yaml, yaml_node_t *value, struct policy_rule *rule)
{
    static const struct policy_key keys[] = {{"max", take_max, 0}, {"over", take_over, 0}, {0}};
    rule->bulkhead_at = policy_yaml_at(value);
    if (value->type == YAML_SCALAR_NODE)
        return take_max(yaml, value, rule, 0);
    if (policy_yaml_map(yaml, value, keys, "a bulkhead", rule) < 0)
        return -1;
    if (rule->bulkhead)
        return 0;
    return policy_error(yaml->notes, rule->bulkhead_at, "a bulkhead needs max, as { max: 8 }");
}

/* `deny: ECONNREFUSED`, or `deny: log`. */
int policy_take_deny(struct policy_yaml *yaml, yaml_node_t *value, struct policy_rule *rule)
{
    const char *text;
    rule->deny_at = policy_yaml_at(value);
    if (policy_yaml_text(yaml, value, "deny", &text) < 0)
        return -1;
    rule->error = 0;
    if (strcmp(text, "log") == 0)
        return 0;
    if (strcmp(text, "EINTR") == 0 || strcmp(text, "EAGAIN") == 0 ||
        strcmp(text, "EWOULDBLOCK") == 0)
        return policy_error(yaml->notes, rule->deny_at,
                            "deny cannot be %s: programs make such a call again at once", text);
    for (unsigned error = 1; error <= POLICY_ERROR_MOST; error++) {
        const char *name = policy_error_name(error);
        if (!name || strcmp(name, text) != 0)
            continue;
        rule->error = error;
        return 0;
    }
    return policy_error(yaml->notes, rule->deny_at,
                        "deny takes the name of an error, as EACCES, or log; not \"%s\"", text);
}

/* ---- what they go with ---- */

static bool denies(const struct policy_rule *rule)
{
    return rule->routes && (rule->route == POLICY_DENY || rule->over == POLICY_DENY);
}

int policy_modifiers_finish(const struct policy_rule *rule, struct policy_notes *notes)
{
    bool moves = rule->routes && (rule->route == POLICY_POOL || rule->route == POLICY_GREEN);
    bool bounds = rule->routes && rule->route == POLICY_INPLACE && rule->over == POLICY_DENY;
    if (rule->deadline_at.line && !moves)
        return policy_error(notes, rule->deadline_at, "deadline is for the routes pool and green");
    if (rule->bulkhead_at.line && !moves && !bounds)
        return policy_error(notes, rule->bulkhead_at,
                            "bulkhead is for the routes pool and green, and with over: deny for "
                            "inplace");
    if (rule->deny_at.line && !denies(rule))
        return policy_error(notes, rule->deny_at,
                            "deny is for the route deny, and for a bulkhead with over: deny");
    return 0;
}

/* ---- what the table of calls forbids ---- */

static const char *const bars[] = {
    [POLICY_BAR_OUTSIDE] = "no rule is asked about it",
    [POLICY_BAR_SILENT] = "its result has no word for a failure",
    [POLICY_BAR_WRITES] = "a failure of it is told in its caller's memory, too",
    [POLICY_BAR_GIVES] = "it gives something back, and programs do not expect it to fail",
    [POLICY_BAR_ENDLESS] = "it cannot be ended early",
    [POLICY_BAR_DISK] = "a wait for the disk is not interrupted",
    [POLICY_BAR_LOSES] =
        "libc's own code stands around it, and input that it has read would be lost",
};

static struct policy_at at_calls(const struct policy_match *match)
{
    return match->by[MATCH_CALL].count ? match->by[MATCH_CALL].at : match->by[MATCH_FAMILY].at;
}

/* A call that is named and cannot be denied is a mistake; one that a family or a pattern brings
 * along is made, and only if all are the rule is one. */
static void check_deny(const struct policy_rule *rule, struct policy_notes *notes)
{
    const struct policy_match *match = &rule->match;
    unsigned possible = 0, named = 0;
    for (enum call_id id = 0; id < CALL_COUNT; id++) {
        enum policy_bar bar = policy_bar_deny(id);
        possible += match->calls[id] && bar == POLICY_MAY;
        if (!match->named[id] || bar == POLICY_MAY)
            continue;
        named++;
        policy_error(notes, match->by[MATCH_CALL].at, "%s cannot be denied: %s; take it out",
                     call_infos[id].name,
                     bar == POLICY_BAR_OUTSIDE && call_infos[id].move == MOVE_NEVER
                         ? call_never_why(id)
                         : bars[bar]);
    }
    if (possible == 0 && named == 0)
        policy_error(notes, rule->route_at.line ? rule->route_at : rule->at,
                     "none of these calls can be denied (see \"shunt calls\")");
}

/* A call that is ended early must not have taken input that is lost then. What a family brings
 * along is not left without a deadline in silence. */
static void check_deadline(const struct policy_rule *rule, struct policy_notes *notes)
{
    if (rule->match.any_call) {
        policy_error(notes, rule->route_at,
                     "a deadline needs calls that can be ended early; name "
                     "them (\"shunt calls\": at once, or signal)");
        return;
    }
    for (enum call_id id = 0; id < CALL_COUNT; id++) {
        enum policy_bar bar = policy_bar_deadline(id);
        if (!rule->match.calls[id] || bar == POLICY_MAY || call_infos[id].move == MOVE_NEVER)
            continue;
        if (bar == POLICY_BAR_OUTSIDE && !rule->match.named[id])
            continue;
        policy_error(notes, at_calls(&rule->match), "%s can have no deadline: %s",
                     call_infos[id].name, bars[bar]);
        return;
    }
}

void policy_modifiers_check(const struct policy_rule *rule, struct policy_notes *notes)
{
    if (denies(rule))
        check_deny(rule, notes);
    if (rule->deadline_ns)
        check_deadline(rule, notes);
}
