/* SPDX-License-Identifier: MIT
 *
 * Where threads and green threads were started, and what a request to a WSGI server costs.
 */
#include "render_json_parts.h"

#include "json_values.h"

json_t *json_spawn(const struct report_spawn *spawn)
{
    json_t *object = json_object();
    SET(object, "green", json_boolean(spawn->green));
    SET(object, "hub", json_boolean(spawn->hub));
    SET(object, "at_least", json_boolean(spawn->at_least));
    SET(object, "name", json_text_or_null(spawn->name));
    SET(object, "function", json_text_or_null(spawn->function));
    SET(object, "module", json_text_or_null(spawn->module));
    SET(object, "file", json_text_or_null(spawn->file));
    SET(object, "line", json_integer(spawn->line));
    SET(object, "started_by", json_text_or_null(spawn->made_by));
    SET(object, "born", json_count(spawn->born));
    SET(object, "ended", json_count(spawn->ended));
    SET(object, "alive", json_count(spawn->alive));
    SET(object, "peak_at_least", json_count(spawn->peak_least));
    SET(object, "peak_at_most", json_count(spawn->peak_most));
    SET(object, "births_at_peak", json_count(spawn->at_peak));
    SET(object, "in_flight_peak", json_count_if(spawn->green, spawn->in_flight));
    SET(object, "life_ns", json_count_if(!spawn->life_unknown, spawn->life_ns));
    SET(object, "killed", json_count_if(spawn->ends_told, spawn->killed));
    SET(object, "timed_out", json_count_if(spawn->ends_told, spawn->timed_out));
    SET(object, "failed", json_count_if(spawn->ends_told, spawn->failed));
    SET(object, "calls", json_count_if(!spawn->green, spawn->sums.calls));
    SET(object, "blocked", json_count(spawn->sums.blocked));
    SET(object, "blocked_ns", json_count(spawn->sums.blocked_ns));
    SET(object, "pending", json_pending(&spawn->pending));
    return object;
}

json_t *json_requests(const struct report_requests *requests)
{
    json_t *object = json_object(), *parts = json_array();
    for (unsigned i = 0; i < requests->part_count; i++) {
        json_t *part = json_object();
        SET(part, "name", json_string(requests->parts[i].name));
        SET(part, "calls", json_count(requests->parts[i].calls));
        SET(part, "ns", json_count(requests->parts[i].ns));
        json_array_append_new(parts, part);
    }
    SET(object, "server", json_string(requests->server));
    SET(object, "application", json_text_or_null(requests->application));
    SET(object, "file", json_text_or_null(requests->file));
    SET(object, "about", json_count(requests->about));
    SET(object, "shared", json_boolean(requests->shared));
    SET(object, "calls_ns", json_count(requests->calls_ns));
    SET(object, "turn_ns",
        json_count_if(requests->loop != NULL, requests->loop ? requests->loop->turn_ns : 0));
    SET(object, "parts", parts);
    return object;
}
