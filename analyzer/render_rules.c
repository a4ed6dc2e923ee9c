/* SPDX-License-Identifier: MIT
 *
 * See render_rules.h.
 */
#include "render_rules.h"

#include "format.h"
#include "json_values.h"
#include "policy.h"
#include "routes.h"
#include "rules_hit.h"

enum { RULES_MOST = 10 };

static const char *route_name(const struct report_rule *rule)
{
    return rule->route < POLICY_ROUTES ? policy_route_name((enum policy_route)rule->route)
                                       : "unknown";
}

/* ---- text ---- */

/* "pool", or "pool 25%" while it is rolled out. */
static const char *route_text(struct page *page, const struct report_rule *rule)
{
    if (rule->route == POLICY_INPLACE || rule->share == POLICY_ROLLOUT_ALL)
        return route_name(rule);
    return arena_print(page->arena, "%s %g%%", route_name(rule), rule->share / 100.0);
}

static const char *in_place(struct page *page, const struct report_rule *rule)
{
    struct arena *a = page->arena;
    const char *text = "";
    for (unsigned i = REASON_NONE + 1; i < REASON_ROOM; i++)
        if (rule->in_place[i])
            text = arena_print(a, "%s%s%s %s", text, *text ? "; " : "",
                               format_count(a, rule->in_place[i]), routes_reason_words(i));
    return text;
}

static void show(struct page *page, const struct report_rule *rule)
{
    struct arena *a = page->arena;
    const char *why = in_place(page, rule);
    const char *text = arena_print(a, "%s: %s", rule->id, route_text(page, rule));
    if (rule->moved || rule->route != POLICY_DENY)
        text = arena_print(a, "%s, %s moved", text, format_count(a, rule->moved));
    if (rule->expired)
        text = arena_print(a, "%s, %s of them ended by its deadline", text,
                           format_count(a, rule->expired));
    if (rule->denied || rule->route == POLICY_DENY)
        text = arena_print(a, "%s, %s denied", text, format_count(a, rule->denied));
    text = arena_print(a, "%s, %s in place", text, format_count(a, rule->in_place_calls));
    page_wrap(page, PAGE_PLAIN, "  ", 4, *why ? arena_print(a, "%s (%s)", text, why) : text);
}

void parts_rules(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    if (!process->policies)
        return;
    const char *text = arena_print(
        a, "  of %s; %s took calls.", format_plural(a, process->policy_rules, "rule", "rules"),
        process->rule_count ? format_count(a, process->rule_count) : "none");
    if (process->policies > 1)
        text = arena_print(a, "%s It was replaced %s.", text,
                           format_plural(a, process->policies - 1, "time", "times"));
    if (process->policies_refused)
        text = arena_print(a, "%s %s refused; the one before stayed in force.", text,
                           format_plural(a, process->policies_refused, "other was", "others were"));
    page_wrap(page, PAGE_BOLD, "POLICY", 2, text);
    for (unsigned i = 0; i < process->rule_count && i < RULES_MOST; i++)
        show(page, &process->rules[i]);
    if (process->rule_count > RULES_MOST)
        page_line(page, "  and %s more", format_count(a, process->rule_count - RULES_MOST));
    fputc('\n', page->out);
}

/* ---- JSON ---- */

static json_t *rule_json(const struct report_rule *rule)
{
    json_t *object = json_object(), *reasons = json_object();
    for (unsigned i = 0; i < REASON_ROOM; i++)
        if (rule->in_place[i])
            json_object_set_new(reasons, routes_reason_name(i), json_count(rule->in_place[i]));
    json_object_set_new(object, "id", json_string(rule->id));
    json_object_set_new(object, "route", json_string(route_name(rule)));
    json_object_set_new(object, "rollout_percent", json_real(rule->share / 100.0));
    json_object_set_new(object, "calls", json_count(rules_hit_calls(rule)));
    json_object_set_new(object, "moved", json_count(rule->moved));
    json_object_set_new(object, "expired", json_count(rule->expired));
    json_object_set_new(object, "denied", json_count(rule->denied));
    json_object_set_new(object, "in_place", reasons);
    return object;
}

void rules_process_json(json_t *object, const struct report_process *process)
{
    if (!process->policies)
        return;
    json_t *policy = json_object(), *rules = json_array();
    for (unsigned i = 0; i < process->rule_count; i++)
        json_array_append_new(rules, rule_json(&process->rules[i]));
    json_object_set_new(policy, "rule_count", json_integer(process->policy_rules));
    json_object_set_new(policy, "in_force", json_integer(process->policies));
    json_object_set_new(policy, "refused", json_integer(process->policies_refused));
    json_object_set_new(policy, "rules", rules);
    json_object_set_new(object, "policy", policy);
}
