/* SPDX-License-Identifier: MIT
 *
 * A site in one process: the figures, where it is called from, the verdict.
 */
#include "render_json_parts.h"

#include "call_words.h"
#include "json_values.h"
#include "noise.h"
#include "render_rollouts.h"
#include "render_routes.h"

static json_t *advice_json(const struct report_advice *advice)
{
    json_t *object = json_object();
    SET(object, "verdict", json_string(report_verdict_name(advice->verdict)));
    SET(object, "confidence", json_string(report_confidence_name(advice->confidence)));
    SET(object, "headline", json_string(advice->headline ? advice->headline : ""));
    SET(object, "reasons", json_texts(advice->reasons, advice->reason_count));
    SET(object, "work", json_text_or_null(advice->work));
    SET(object, "effort", json_integer(advice->effort));
    json_t *routes = json_array();
    for (unsigned i = 0; i < advice->route_count; i++) {
        const struct report_route *route = &advice->routes[i];
        json_t *row = json_object();
        SET(row, "route", json_string(route->name));
        SET(row, "applies", json_boolean(route->applies));
        SET(row, "stall_gain_ns", json_count_if(route->gain_known, route->gain_ns));
        SET(row, "estimated", json_boolean(route->estimated));
        SET(row, "costs", json_string(route->text));
        json_array_append_new(routes, row);
    }
    SET(object, "routes", routes);
    return object;
}

static json_t *uses_json(const struct report_site *site)
{
    json_t *array = json_array();
    for (const struct report_use *use = site->uses; use; use = use->next) {
        json_t *object = json_object();
        SET(object, "thread", json_integer(use->thread->tid));
        SET(object, "name", json_string(use->thread->name));
        SET(object, "role",
            json_string(use->noise          ? noise_name(use->noise)
                        : use->thread->loop ? "loop"
                                            : "thread"));
        SET(object, "calls", json_count(use->calls));
        SET(object, "blocked_ns", json_count(use->blocked_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *targets_json(const struct report_site *site)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < site->target_count; i++) {
        json_t *object = json_object();
        SET(object, "target", json_string(site->targets[i].text));
        SET(object, "events", json_count(site->targets[i].events));
        SET(object, "blocked_ns", json_count(site->targets[i].blocked_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static const char *name_in(const char *const *names, size_t count, unsigned index)
{
    return index < count ? names[index] : "unknown";
}

static const char *family_name(const struct report_site *site)
{
    return call_family_name(site->facts ? site->facts->family : FAMILY_COUNT);
}

static const char *move_name(const struct report_site *site)
{
    static const char *const names[] = {
        [MOVE_YES] = "yes", [MOVE_CARE] = "care", [MOVE_NEVER] = "never"};
    return site->facts ? name_in(names, MOVE_NEVER + 1, site->facts->move) : "unknown";
}

static const char *pending_kind_name(const struct report_site *site)
{
    static const char *const names[] = {
        [PENDING_YIELDS] = "yields", [PENDING_POLLED] = "polled", [PENDING_ACCEPT] = "accept"};
    return names[site->pending_kind];
}

static json_t *stack_json(const struct report_site *site)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < site->stack_count; i++) {
        const struct report_frame *frame = &site->stack[i];
        json_t *row = json_object();
        SET(row, "language", json_string(frame->python ? "python" : "native"));
        SET(row, "function", json_text_or_null(frame->function));
        SET(row, "module", json_string(frame->module));
        SET(row, "file", json_text_or_null(frame->file));
        SET(row, "line", json_integer(frame->line));
        SET(row, "layer",
            frame->python ? json_string(python_layer_name(frame->layer)) : json_null());
        SET(row, "owner", json_boolean(frame->owner));
        json_array_append_new(array, row);
    }
    return array;
}

json_t *json_site(const struct report_site *site, double ns_per_tick)
{
    json_t *object = json_object();
    SET(object, "id", json_site_id(site->id));
    SET(object, "short_id", json_string(site->short_id));
    SET(object, "stable", json_boolean(site->stable));
    SET(object, "unstable_because", json_text_or_null(site->unstable));
    SET(object, "call", json_string(site->call));
    SET(object, "family", json_string(family_name(site)));
    SET(object, "move", json_string(move_name(site)));
    SET(object, "function", json_string(site->function));
    SET(object, "module", json_string(site->module));
    SET(object, "file", json_text_or_null(site->file));
    SET(object, "line", json_integer(site->line));
    SET(object, "lines", json_integer(site->lines));
    SET(object, "via", json_text_or_null(site->via));
    SET(object, "callers", json_text_or_null(site->callers));
    SET(object, "language", json_string(site->python ? "python" : "native"));
    SET(object, "layer", site->python ? json_string(python_layer_name(site->layer)) : json_null());
    SET(object, "stack", stack_json(site));
    SET(object, "target", json_text_or_null(site->pattern));
    SET(object, "targets", targets_json(site));
    SET(object, "more_targets", json_boolean(site->more_targets));
    SET(object, "on_loop", json_boolean(site->on_loop));
    SET(object, "calls", json_count(site->calls));
    SET(object, "total_ns", json_count(site->total_ns));
    SET(object, "p50_ns", json_count_if(site->histogram != NULL, site->p50_ns));
    SET(object, "p99_ns", json_count_if(site->histogram != NULL, site->p99_ns));
    SET(object, "max_ns", json_count(site->max_ns));
    SET(object, "max_when_ns", json_count(site->max_when_ns));
    SET(object, "blocked", json_count(site->blocked));
    SET(object, "blocked_ns", json_count(site->blocked_ns));
    SET(object, "stalled_turns", json_count(site->stalled_turns));
    SET(object, "stall_ns", json_count(site->stall_ns));
    SET(object, "errors", json_count(site->errors));
    SET(object, "again", json_count(site->again));
    SET(object, "interrupted", json_count(site->interrupted));
    SET(object, "no_timeout", json_count(site->no_timeout));
    SET(object, "idle_calls", json_count(site->idle_calls));
    SET(object, "idle_ns", json_count(site->idle_ns));
    SET(object, "holding", json_count(site->holding));
    SET(object, "holding_ns", json_count(site->holding_ns));
    SET(object, "pending", json_pending(&site->pending));
    SET(object, "pending_kind", json_string(pending_kind_name(site)));
    routes_json(object, &site->moved);
    rollouts_json(object, site->rollout, ns_per_tick);
    SET(object, "not_patched_because", json_text_or_null(site->why));
    SET(object, "noise", json_text_or_null(site->noise ? noise_name(site->noise) : NULL));
    SET(object, "histogram", json_histogram(site->histogram, ns_per_tick));
    SET(object, "histogram_shared", json_boolean(site->histogram_shared));
    SET(object, "threads", uses_json(site));
    SET(object, "advice", advice_json(&site->advice));
    return object;
}
