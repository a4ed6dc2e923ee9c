/* SPDX-License-Identifier: MIT
 *
 * See progress.h: for programs, as docs/schema/shunt.progress-1.schema.json says.
 */
#include "json_values.h"
#include "policy_show.h"
#include "progress.h"

static json_t *item_json(const struct progress *progress, uint32_t index)
{
    const struct policy *policy = progress->policy;
    const struct ledger_item *item = &progress->points[progress->count - 1].ledger.items[index];
    const struct policy_ledger *ledger = progress_ledger(policy, index);
    bool group = index >= policy->rule_count;
    json_t *object = json_object();
    SET(object, "name", json_string(ledger_item_name(policy, index)));
    SET(object, "kind", json_string(group ? "group" : "rule"));
    SET(object, "state", json_string(policy_state_name(ledger_state(policy, index))));
    SET(object, "route",
        group || !policy->rules[index].routes
            ? json_null()
            : json_string(policy_route_name(policy->rules[index].route)));
    SET(object, "rollout_percent",
        group || !policy->rules[index].routes ? json_null()
                                              : json_real(policy->rules[index].rollout / 100.0));
    SET(object, "contact", json_text_or_null(ledger->contact));
    SET(object, "reason", json_text_or_null(ledger->reason));
    SET(object, "expires", json_text_or_null(ledger->expires));
    SET(object, "expired", json_boolean(progress_expired(policy, index, progress->today)));
    SET(object, "sites", json_count(item->sites));
    SET(object, "sites_that_need_work", json_count(item->open));
    SET(object, "calls", json_count(item->calls));
    SET(object, "blocked", json_count(item->blocked));
    SET(object, "stall_ns", json_count(item->stall_ns));
    return object;
}

static json_t *point_json(const struct progress_point *point)
{
    json_t *object = json_object(), *open = json_array();
    for (unsigned i = 0; i < point->ledger.count; i++)
        if (point->ledger.sites[i].open)
            json_array_append_new(open, json_site_id(point->ledger.sites[i].id));
    SET(object, "recording", json_string(point->path));
    SET(object, "started_realtime_ns", json_count(point->ledger.started_ns));
    SET(object, "sites_that_need_work", open);
    SET(object, "new", json_count(point->fresh));
    SET(object, "gone", json_count(point->gone));
    SET(object, "stall_ns", json_count(point->ledger.stall_ns));
    SET(object, "loop_ns", json_count(point->ledger.loop_ns));
    return object;
}

void progress_show_json(const struct progress *progress, FILE *out)
{
    const struct policy *policy = progress->policy;
    json_t *root = json_object(), *items = json_array(), *points = json_array();
    json_t *states = json_object();
    for (uint32_t i = 0; i < policy->rule_count + policy->group_count; i++)
        json_array_append_new(items, item_json(progress, i));
    for (unsigned i = 0; i < progress->count; i++)
        json_array_append_new(points, point_json(&progress->points[i]));
    for (unsigned state = POLICY_FOUND; state < POLICY_STATES; state++)
        SET(states, policy_state_name((enum policy_state)state),
            json_count(progress->states[state]));
    SET(root, "schema", json_string("shunt.progress/1"));
    SET(root, "policy", json_string(policy->path));
    SET(root, "items", items);
    SET(root, "states", states);
    SET(root, "recordings", points);
    json_print(root, out);
}
