/* SPDX-License-Identifier: MIT
 *
 * One site in full for programs, as docs/schema/shunt.site-detail-1.schema.json says: the figures
 * of all processes added up, what the page of `shunt site` lists, and the site as the report has it
 * in each process. Times are nanoseconds.
 */
#include "json_values.h"
#include "noise.h"
#include "render.h"
#include "render_json_parts.h"
#include "site_view.h"

static void who(json_t *root, const struct report_site *site)
{
    SET(root, "id", json_site_id(site->id));
    SET(root, "short_id", json_string(site->short_id));
    SET(root, "stable", json_boolean(site->stable));
    SET(root, "unstable_because", json_text_or_null(site->unstable));
    SET(root, "call", json_string(site->call));
    SET(root, "function", json_string(site->function));
    SET(root, "module", json_string(site->module));
    SET(root, "file", json_text_or_null(site->file));
    SET(root, "line", json_integer(site->line));
}

static json_t *sums(const struct site_view *view)
{
    json_t *object = json_object();
    SET(object, "calls", json_count(view->sums.calls));
    SET(object, "total_ns", json_count(view->sums.total_ns));
    SET(object, "p50_ns", json_count_if(view->histogram_known, view->p50_ns));
    SET(object, "p99_ns", json_count_if(view->histogram_known, view->p99_ns));
    SET(object, "max_ns", json_count(view->sums.max_ns));
    SET(object, "max_when_ns", json_count(view->max_when_ns));
    SET(object, "blocked", json_count(view->sums.blocked));
    SET(object, "blocked_ns", json_count(view->sums.blocked_ns));
    SET(object, "stalled_turns", json_count(view->stalled_turns));
    SET(object, "stall_ns", json_count(view->sums.stall_ns));
    SET(object, "loops_stall_ns", json_count(view->loops_stall_ns));
    SET(object, "errors", json_count(view->errors));
    SET(object, "last_error", view->errors ? json_integer(view->last_error) : json_null());
    SET(object, "again", json_count(view->again));
    SET(object, "interrupted", json_count(view->interrupted));
    SET(object, "no_timeout", json_count(view->no_timeout));
    SET(object, "idle_calls", json_count(view->idle_calls));
    SET(object, "idle_ns", json_count(view->idle_ns));
    SET(object, "noise", json_text_or_null(view->idle_calls ? noise_name(view->noise) : NULL));
    SET(object, "pending", json_pending(&view->pending));
    return object;
}

static json_t *places(const struct site_view *view)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < view->place_count; i++) {
        const struct report_place *place = &view->places[i];
        json_t *object = json_object();
        SET(object, "file", json_text_or_null(place->file));
        SET(object, "line", json_integer(place->line));
        SET(object, "via", json_text_or_null(place->via));
        SET(object, "callers", json_text_or_null(place->callers));
        SET(object, "calls", json_count(place->sums.calls));
        SET(object, "total_ns", json_count(place->sums.total_ns));
        SET(object, "max_ns", json_count(place->sums.max_ns));
        SET(object, "blocked", json_count(place->sums.blocked));
        SET(object, "blocked_ns", json_count(place->sums.blocked_ns));
        SET(object, "stall_ns", json_count(place->sums.stall_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *targets(const struct site_view *view)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < view->target_count; i++) {
        json_t *object = json_object();
        SET(object, "target", json_string(view->targets[i].text));
        SET(object, "events", json_count(view->targets[i].events));
        SET(object, "blocked_ns", json_count(view->targets[i].blocked_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *longest(const struct site_view *view)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < view->longest_count; i++) {
        const struct report_event *event = &view->longest[i];
        json_t *object = json_object();
        SET(object, "ns", json_count(event->ns));
        SET(object, "when_ns", json_count(event->when_ns));
        SET(object, "pid", json_integer(event->pid));
        SET(object, "thread", json_string(event->thread));
        SET(object, "target", json_text_or_null(event->target));
        SET(object, "error", event->error ? json_integer(event->error) : json_null());
        json_array_append_new(array, object);
    }
    return array;
}

/* Those of one process that concern the site: its waits, and its calls that blocked while a lock
 * was held. */
static json_t *locks(const struct site_view_in *in, bool waited)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < in->process->locks.count; i++) {
        const struct report_lock *lock = &in->process->locks.items[i];
        if (lock->site == in->site && lock->waited == waited)
            json_array_append_new(array, json_lock(lock));
    }
    return array;
}

static json_t *processes(const struct site_view *view)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < view->count; i++) {
        const struct site_view_in *in = &view->in[i];
        json_t *object = json_object();
        SET(object, "pid", json_integer(in->process->pid));
        SET(object, "name", json_string(in->process->name));
        SET(object, "trace", json_string(in->process->trace_path));
        SET(object, "threshold_ns", json_count(in->process->threshold_ns));
        SET(object, "site", json_site(in->site, in->process->ns_per_tick));
        SET(object, "lock_waits", locks(in, true));
        SET(object, "locks_held", locks(in, false));
        json_array_append_new(array, object);
    }
    return array;
}

int render_site_json(struct report *report, const struct render_options *options, FILE *out,
                     struct error *error)
{
    struct site_view *view = ARENA_NEW(&report->arena, struct site_view);
    if (site_view_build(view, report, options->site, error) < 0)
        return -1;
    json_t *root = json_object();
    SET(root, "schema", json_string("shunt.site-detail/1"));
    SET(root, "shunt", json_string(SHUNT_VERSION));
    SET(root, "source", json_string(report->source));
    SET(root, "command", json_text_or_null(report->command));
    SET(root, "goal", json_string(report_goal_name(report->goal)));
    SET(root, "since", json_text_or_null(report->since ? report->since->text : NULL));
    SET(root, "until", json_text_or_null(report->until ? report->until->text : NULL));
    who(root, view->site);
    SET(root, "sums", sums(view));
    SET(root, "histogram",
        json_histogram(view->histogram_known ? &view->histogram : NULL,
                       view->process->ns_per_tick));
    SET(root, "histogram_shared", json_boolean(view->histogram_shared));
    SET(root, "places", places(view));
    SET(root, "more_places", json_boolean(view->more_places));
    SET(root, "targets", targets(view));
    SET(root, "more_targets", json_boolean(view->more_targets));
    SET(root, "longest", longest(view));
    SET(root, "events_overwritten", json_boolean(view->events_overwritten));
    SET(root, "processes", processes(view));
    json_print(root, out);
    return 0;
}
