/* SPDX-License-Identifier: MIT
 *
 * A loop, its stalls, its worst turns and who had a part in them.
 */
#include "render_json_parts.h"

#include "json_values.h"
#include "render_routes.h"

static json_t *turn_json(const struct report_turn *turn)
{
    json_t *object = json_object();
    SET(object, "when_ns", json_count(turn->when_ns));
    SET(object, "length_ns", json_count(turn->length_ns));
    SET(object, "wait_ns", json_count(turn->wait_ns));
    SET(object, "cpu_ns", json_count(turn->cpu_ns));
    SET(object, "ready", json_integer(turn->ready));
    SET(object, "harmful", json_boolean(turn->harmful));
    json_t *top = json_array();
    for (unsigned i = 0; i < turn->top_count; i++) {
        json_t *part = json_object();
        SET(part, "site", json_id_or_null(turn->top[i].site));
        SET(part, "calls", json_count(turn->top[i].calls));
        SET(part, "ns", json_count(turn->top[i].ns));
        json_array_append_new(top, part);
    }
    SET(object, "top", top);
    return object;
}

static json_t *loop_sites_json(const struct report_loop *loop)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < loop->site_count; i++) {
        const struct report_use *use = loop->sites[i];
        json_t *object = json_object();
        SET(object, "site", json_site_id(use->site->id));
        SET(object, "calls", json_count(use->calls));
        SET(object, "total_ns", json_count(use->total_ns));
        SET(object, "blocked", json_count(use->blocked));
        SET(object, "blocked_ns", json_count(use->blocked_ns));
        SET(object, "stalled_turns", json_count(use->stalled_turns));
        SET(object, "stall_ns", json_count(use->stall_ns));
        json_array_append_new(array, object);
    }
    return array;
}

json_t *json_loop(const struct report_loop *loop, double ns_per_tick)
{
    json_t *object = json_object();
    SET(object, "thread", json_integer(loop->thread->tid));
    SET(object, "call", json_string(loop->call));
    SET(object, "function", json_string(loop->function));
    SET(object, "module", json_string(loop->module));
    SET(object, "file", json_text_or_null(loop->file));
    SET(object, "line", json_integer(loop->line));
    SET(object, "runtime", json_text_or_null(loop->runtime));
    SET(object, "fd", loop->fd >= 0 ? json_integer(loop->fd) : json_null());
    SET(object, "observed_ns", json_count(loop->observed_ns));
    SET(object, "visits", json_count(loop->visits));
    SET(object, "wait_ns", json_count(loop->wait_ns));
    SET(object, "ready_at_once", json_count(loop->ready_at_once));
    SET(object, "timed_out", json_count(loop->timed_out));
    SET(object, "turns", json_count(loop->turns));
    SET(object, "turn_ns", json_count(loop->turn_ns));
    SET(object, "stalls", json_count(loop->stalls));
    SET(object, "stall_ns", json_count(loop->stall_ns));
    SET(object, "harmful", json_count(loop->harmful));
    SET(object, "harmful_ns", json_count(loop->harmful_ns));
    SET(object, "stall_p50_ns", json_count(loop->p50_ns));
    SET(object, "stall_p99_ns", json_count(loop->p99_ns));
    SET(object, "stall_max_ns", json_count(loop->max_ns));
    SET(object, "stall_in_sites_ns", json_count(loop->site_stall_ns));
    SET(object, "stall_cpu_ns", json_count_if(loop->stall_cpu_known, loop->stall_cpu_ns));
    SET(object, "stall_computing_ns", json_count_if(loop->stall_cpu_known, loop->computing_ns));
    SET(object, "stall_in_noise_ns", json_count(loop->noise_stall_ns));
    SET(object, "stall_histogram", json_histogram(&loop->stall_histogram, ns_per_tick));
    json_t *slices = json_array();
    for (unsigned i = 0; i < loop->slice_count; i++)
        json_array_append_new(slices, json_count(loop->slices[i]));
    SET(object, "timeline_from_ns", json_count(loop->chosen_ns));
    SET(object, "timeline_slice_ns", json_count(loop->slice_ns));
    SET(object, "timeline", slices);
    json_t *worst = json_array();
    for (unsigned i = 0; i < loop->worst_count; i++)
        json_array_append_new(worst, turn_json(&loop->worst[i]));
    SET(object, "worst_turns", worst);
    SET(object, "sites", loop_sites_json(loop));
    routes_json(object, &loop->moved);
    return object;
}
