/* SPDX-License-Identifier: MIT
 *
 * See policy_show.h.
 */
#include "policy_show.h"

#include "format.h"
#include "policy_words.h"

const char *policy_show_matcher(struct arena *arena, const struct policy_match *match,
                                enum policy_matcher matcher)
{
    const struct policy_texts *texts = &match->by[matcher];
    const char *between = matcher == MATCH_FRAMES ? " < " : ", ";
    const char *list = policy_matcher_words[matcher];
    for (unsigned i = 0; i < texts->count; i++)
        list = arena_print(arena, "%s%s%s", list, i ? between : " ", texts->items[i]);
    return list;
}

const char *policy_show_match(struct arena *arena, const struct policy_match *match)
{
    const char *list = NULL;
    for (unsigned i = 0; i < MATCHERS; i++) {
        if (match->by[i].count == 0)
            continue;
        const char *one = policy_show_matcher(arena, match, (enum policy_matcher)i);
        list = list ? arena_print(arena, "%s; %s", list, one) : one;
    }
    return list ? list : "every call";
}

const char *policy_show_share(struct arena *arena, unsigned hundredths)
{
    unsigned part = hundredths % 100;
    if (part == 0)
        return arena_print(arena, "%u%%", hundredths / 100);
    return part % 10 ? arena_print(arena, "%u.%02u%%", hundredths / 100, part)
                     : arena_print(arena, "%u.%u%%", hundredths / 100, part / 10);
}

/* What a denied call gets. */
static const char *with_error(struct arena *arena, const struct policy_rule *rule)
{
    const char *name = rule->error ? policy_error_name(rule->error) : NULL;
    return name ? arena_print(arena, " with %s", name) : ", which is only counted";
}

const char *policy_show_route(struct arena *arena, const struct policy *policy,
                              const struct policy_rule *rule)
{
    if (!rule->routes)
        return "ledger only";
    const char *text = policy_route_words[rule->route];
    if (rule->pool)
        text = arena_print(arena, "%s %s", text, policy->pools[rule->pool].name);
    if (rule->rollout != POLICY_ROLLOUT_ALL)
        text = arena_print(arena, "%s %s by %s", text, policy_show_share(arena, rule->rollout),
                           policy_rollout_words[rule->rollout_by]);
    if (rule->route == POLICY_DENY)
        text = arena_print(arena, "%s%s", text, with_error(arena, rule));
    if (rule->deadline_ns)
        text =
            arena_print(arena, "%s, deadline %s", text, format_duration(arena, rule->deadline_ns));
    if (rule->bulkhead)
        text = arena_print(arena, "%s, at most %u at a time, then %s%s", text, rule->bulkhead,
                           policy_route_words[rule->over],
                           rule->over == POLICY_DENY ? with_error(arena, rule) : "");
    return text;
}
