/* SPDX-License-Identifier: MIT
 *
 * The report for programs: everything in the model, as docs/schema/shunt.report-1.schema.json says.
 * Additive within a major number of the schema. Times are nanoseconds.
 */
#include "json_values.h"
#include "render.h"

#include "call_words.h"
#include "noise.h"
#include "render_json_parts.h"
#include "render_routes.h"
#include "render_rules.h"

static json_t *id_or_null(const struct report_site *site)
{
    return site ? json_site_id(site->id) : json_null();
}

/* A table of members, set one after the other: what a struct has, in its order. */
#define SET(object, key, value) json_object_set_new(object, key, value)

json_t *json_histogram(const struct histogram *histogram, double ns_per_tick)
{
    json_t *array = json_array();
    for (unsigned i = 0; histogram && i < TRACE_BUCKETS; i++) {
        if (histogram->bucket[i] == 0)
            continue;
        json_t *row = json_array();
        json_array_append_new(
            row, json_count((uint64_t)((double)trace_bucket_start(i) * ns_per_tick + 0.5)));
        json_array_append_new(
            row, i + 1 < TRACE_BUCKETS
                     ? json_count((uint64_t)((double)trace_bucket_start(i + 1) * ns_per_tick + 0.5))
                     : json_null());
        json_array_append_new(row, json_count(histogram->bucket[i]));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *saw_json(const struct report_process *process)
{
    json_t *saw = json_object();
    const struct report_saw *all = &process->saw, *least = &process->saw_least;
    SET(saw, "percent", all->known ? json_real(all->percent) : json_null());
    SET(saw, "surely_percent", all->known ? json_real(all->surely_percent) : json_null());
    SET(saw, "off_cpu_ns", json_count_if(all->known, all->off_cpu_ns));
    SET(saw, "least_percent", least->known ? json_real(least->percent) : json_null());
    SET(saw, "least_thread",
        process->saw_least_thread ? json_integer(process->saw_least_thread->tid) : json_null());
    SET(saw, "why_unknown", json_text_or_null(all->why));
    SET(saw, "how_to_know", json_text_or_null(process->saw_how));
    return saw;
}

static json_t *lost_json(const struct report_process *process)
{
    static const char *const names[] = {
        [TRACE_LOSS_CHUNKS] = "chunks",         [TRACE_LOSS_CONTEXTS] = "contexts",
        [TRACE_LOSS_CALLS] = "calls",           [TRACE_LOSS_EVENTS] = "events",
        [TRACE_LOSS_STRINGS] = "strings",       [TRACE_LOSS_THREADS] = "threads",
        [TRACE_LOSS_TURNS] = "turns",           [TRACE_LOSS_MODULES] = "modules",
        [TRACE_LOSS_LOCKS] = "locks",           [TRACE_LOSS_SPAWNS] = "spawns",
        [TRACE_LOSS_PENDING] = "pending_waits", [TRACE_LOSS_PYTHON] = "python",
    };
    json_t *lost = json_object();
    uint64_t other = 0;
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        if (i < sizeof names / sizeof *names)
            SET(lost, names[i], json_count(process->lost[i]));
        else
            other += process->lost[i];
    SET(lost, "other", json_count(other));
    SET(lost, "events_overwritten", json_count(process->events_overwritten));
    return lost;
}

static json_t *thread_json(const struct report_thread *thread)
{
    json_t *object = json_object();
    SET(object, "tid", json_integer(thread->tid));
    SET(object, "name", json_string(thread->name));
    SET(object, "main", json_boolean(thread->is_main));
    SET(object, "loop", json_boolean(thread->loop != NULL));
    SET(object, "folded", json_integer(thread->folded));
    SET(object, "ended", json_boolean(thread->ended));
    SET(object, "start_ns", json_count(thread->start_ns));
    SET(object, "wall_ns", json_count(thread->wall_ns));
    SET(object, "cpu_ns", json_count_if(thread->cpu_known, thread->cpu_ns));
    SET(object, "explained_ns", json_count(thread->explained_ns));
    SET(object, "calls", json_count(thread->calls));
    SET(object, "blocked", json_count(thread->blocked));
    SET(object, "blocked_ns", json_count(thread->blocked_ns));
    SET(object, "uncounted", json_count(thread->uncounted));
    SET(object, "saw_percent", thread->saw.known ? json_real(thread->saw.percent) : json_null());
    SET(object, "saw_surely_percent",
        thread->saw.known ? json_real(thread->saw.surely_percent) : json_null());
    json_t *current = json_null();
    if (thread->current_call) {
        current = json_object();
        SET(current, "call", json_string(thread->current_call));
        SET(current, "site", id_or_null(thread->current_site));
        SET(current, "since_ns", json_count(thread->current_ns));
    }
    SET(object, "in_progress", current);
    return object;
}

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
        SET(part, "site", id_or_null(turn->top[i].site));
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

static json_t *loop_json(const struct report_loop *loop, double ns_per_tick)
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

json_t *json_pending(const struct report_pending *pending)
{
    json_t *object = json_object();
    SET(object, "waits", json_count(pending->count));
    SET(object, "total_ns", json_count(pending->ns));
    SET(object, "max_ns", json_count(pending->max_ns));
    SET(object, "unfinished", json_count(pending->unfinished));
    SET(object, "unfinished_ns", json_count(pending->unfinished_ns));
    SET(object, "live", json_count(pending->live));
    SET(object, "peak_at_least", json_count(pending->peak_least));
    SET(object, "peak_at_most", json_count(pending->peak_most));
    return object;
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
    SET(object, "not_patched_because", json_text_or_null(site->why));
    SET(object, "noise", json_text_or_null(site->noise ? noise_name(site->noise) : NULL));
    SET(object, "histogram", json_histogram(site->histogram, ns_per_tick));
    SET(object, "histogram_shared", json_boolean(site->histogram_shared));
    SET(object, "threads", uses_json(site));
    SET(object, "advice", advice_json(&site->advice));
    return object;
}

static json_t *clock_json(const struct report_process *process)
{
    static const char *const names[] = {
        [TICKS_MEASURED] = "measured", [TICKS_START] = "start", [TICKS_ASSUMED] = "assumed"};
    json_t *clock = json_object();
    SET(clock, "quality", json_string(names[process->clock_quality]));
    SET(clock, "ns_per_tick", json_real(process->ns_per_tick));
    SET(clock, "jumps", json_count(process->clock_jumps));
    return clock;
}

static void process_facts(json_t *object, const struct report_process *process)
{
    SET(object, "pid", json_integer(process->pid));
    SET(object, "ppid", json_integer(process->ppid));
    SET(object, "forked", json_boolean(process->forked));
    SET(object, "name", json_string(process->name));
    SET(object, "exe", json_text_or_null(process->exe));
    SET(object, "command_line", json_text_or_null(process->command_line));
    SET(object, "trace", json_string(process->trace_path));
    SET(object, "state", json_string(report_state_name(process->state)));
    SET(object, "setup_trouble", json_text_or_null(process->setup_trouble));
    SET(object, "started_realtime_ns", json_count(process->started_realtime_ns));
    SET(object, "wall_ns", json_count(process->wall_ns));
    SET(object, "lived_ns", json_count(process->lived_ns));
    SET(object, "cpu_ns", json_count_if(process->cpu_known, process->cpu_ns));
    SET(object, "threshold_ns", json_count(process->threshold_ns));
    SET(object, "clock", clock_json(process));
    SET(object, "calls", json_count(process->calls));
    SET(object, "blocked", json_count(process->blocked));
    SET(object, "blocked_ns", json_count(process->blocked_ns));
    SET(object, "stall_ns", json_count(process->stall_ns));
    SET(object, "saw", saw_json(process));
    SET(object, "lost", lost_json(process));
    SET(object, "gaps", json_texts(process->gaps, process->gap_count));
    SET(object, "notes", json_texts(process->notes, process->note_count));
    json_t *cost = json_object();
    SET(cost, "cpu_percent",
        process->own_cost_known ? json_real(process->own_cost_percent) : json_null());
    SET(cost, "memory_bytes", json_count(process->own_memory));
    SET(object, "own_cost", cost);
}

static json_t *noise_json(const struct report_process *process)
{
    json_t *array = json_array();
    for (unsigned i = NOISE_NONE + 1; i < NOISE_KINDS; i++) {
        const struct report_noise *noise = &process->noise[i];
        if (noise->calls == 0)
            continue;
        json_t *object = json_object();
        SET(object, "class", json_string(noise_name((enum noise)i)));
        SET(object, "calls", json_count(noise->calls));
        SET(object, "total_ns", json_count(noise->total_ns));
        SET(object, "blocked", json_count(noise->blocked));
        SET(object, "threads", json_integer(noise->threads));
        SET(object, "sites", json_integer(noise->sites));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *group_json(const struct report_group *group)
{
    json_t *object = json_object(), *sites = json_array();
    for (unsigned i = 0; i < group->site_count; i++)
        json_array_append_new(sites, json_site_id(group->sites[i]->id));
    SET(object, "name", json_string(group->name));
    SET(object, "sites", sites);
    SET(object, "calls", json_count(group->sums.calls));
    SET(object, "total_ns", json_count(group->sums.total_ns));
    SET(object, "blocked", json_count(group->sums.blocked));
    SET(object, "blocked_ns", json_count(group->sums.blocked_ns));
    SET(object, "stall_ns", json_count(group->sums.stall_ns));
    SET(object, "p50_ns", json_count_if(group->quantiles_known, group->p50_ns));
    SET(object, "p99_ns", json_count_if(group->quantiles_known, group->p99_ns));
    SET(object, "max_ns", json_count(group->sums.max_ns));
    SET(object, "worst_verdict", json_string(report_verdict_name(group->worst)));
    SET(object, "worst_verdict_sites", json_integer(group->worst_count));
    return object;
}

/* By site they are the sites themselves. */
static json_t *groups_json(const struct report_process *process)
{
    json_t *object = json_object();
    for (int kind = GROUP_SITE + 1; kind < GROUP_KINDS; kind++) {
        json_t *array = json_array();
        for (unsigned i = 0; i < process->group_count[kind]; i++)
            json_array_append_new(array, group_json(&process->groups[kind][i]));
        SET(object, report_grouping_name((enum report_grouping)kind), array);
    }
    return object;
}

static json_t *marks_json(const struct report *report)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < report->mark_count; i++) {
        json_t *object = json_object();
        SET(object, "number", json_integer(report->marks[i].number));
        SET(object, "text", json_string(report->marks[i].text));
        SET(object, "realtime_ns", json_count(report->marks[i].realtime_ns));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *wrappers_json(const struct report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->wrapper_count; i++) {
        json_t *object = json_object();
        SET(object, "wrapper", json_string(report->wrappers[i].text));
        SET(object, "matched", json_boolean(report->wrappers[i].matched));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *place_json(const struct report_lock *lock)
{
    if (!lock->taken_by)
        return json_null();
    json_t *object = json_object();
    SET(object, "function", json_string(lock->taken_by));
    SET(object, "module", json_string(lock->module));
    SET(object, "file", json_text_or_null(lock->file));
    SET(object, "line", json_integer(lock->line));
    return object;
}

static json_t *activities_json(const struct report_lock *lock)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < lock->activity_count; i++) {
        const struct report_lock_activity *activity = &lock->activity[i];
        json_t *object = json_object();
        SET(object, "known", json_boolean(!activity->unknown));
        SET(object, "call", json_text_or_null(activity->call));
        SET(object, "site", id_or_null(activity->site));
        SET(object, "waits", json_count(activity->waits));
        SET(object, "ns", json_count(activity->ns));
        json_array_append_new(array, object);
    }
    return array;
}

json_t *json_lock(const struct report_lock *lock)
{
    json_t *object = json_object();
    SET(object, "site", json_site_id(lock->site->id));
    SET(object, "taken_by", place_json(lock));
    SET(object, lock->waited ? "waits" : "calls", json_count(lock->count));
    SET(object, "total_ns", json_count(lock->ns));
    SET(object, "max_ns", json_count(lock->max_ns));
    if (lock->waited) {
        SET(object, "holder_in", activities_json(lock));
        return object;
    }
    SET(object, "outer", json_boolean(lock->outer));
    SET(object, "wanted", json_boolean(lock->wanted));
    return object;
}

static json_t *locks_json(const struct report_locks *locks)
{
    json_t *object = json_object(), *waits = json_array(), *held = json_array();
    for (unsigned i = 0; i < locks->count; i++)
        json_array_append_new(i < locks->wait_count ? waits : held, json_lock(&locks->items[i]));
    SET(object, "free", json_count(locks->free));
    SET(object, "not_followed", json_count(locks->not_followed));
    SET(object, "waits", waits);
    SET(object, "held", held);
    return object;
}

static json_t *spawn_json(const struct report_spawn *spawn)
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
    SET(object, "calls", json_count_if(!spawn->green, spawn->sums.calls));
    SET(object, "blocked", json_count(spawn->sums.blocked));
    SET(object, "blocked_ns", json_count(spawn->sums.blocked_ns));
    SET(object, "pending", json_pending(&spawn->pending));
    return object;
}

static json_t *plan_json(const struct report_process *process)
{
    json_t *object = json_object(), *sites = json_array();
    for (unsigned i = 0; i < process->plan_count; i++)
        json_array_append_new(sites, json_site_id(process->plan[i]->id));
    SET(object, "effort", json_integer(process->plan_effort));
    SET(object, "sites", sites);
    return object;
}

static json_t *requests_json(const struct report_requests *requests)
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

static json_t *settings_json(const struct report_process *process)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < process->setting_count; i++)
        SET(object, process->settings[i].name, json_string(process->settings[i].value));
    return object;
}

static json_t *process_json(const struct report_process *process)
{
    json_t *object = json_object();
    process_facts(object, process);
    json_t *threads = json_array(), *loops = json_array(), *sites = json_array();
    for (unsigned i = 0; i < process->thread_count; i++)
        json_array_append_new(threads, thread_json(process->threads[i]));
    for (unsigned i = 0; i < process->loop_count; i++)
        json_array_append_new(loops, loop_json(process->loops[i], process->ns_per_tick));
    for (unsigned i = 0; i < process->site_count; i++)
        json_array_append_new(sites, json_site(process->sites[i], process->ns_per_tick));
    json_t *spawns = json_array();
    for (unsigned i = 0; i < process->spawn_count; i++)
        json_array_append_new(spawns, spawn_json(process->spawns[i]));
    SET(object, "pending", json_pending(&process->pending));
    routes_process_json(object, process);
    rules_process_json(object, process);
    SET(object, "spawns", spawns);
    SET(object, "runtime_version", json_text_or_null(process->runtime_version));
    SET(object, "settings", settings_json(process));
    json_t *requests = json_array();
    for (unsigned i = 0; i < process->request_count; i++)
        json_array_append_new(requests, requests_json(process->requests[i]));
    SET(object, "requests", requests);
    SET(object, "threads", threads);
    SET(object, "loops", loops);
    SET(object, "noise", noise_json(process));
    SET(object, "sites", sites);
    SET(object, "plan", plan_json(process));
    SET(object, "groups", groups_json(process));
    SET(object, "locks", locks_json(&process->locks));
    return object;
}

int render_json(struct report *report, const struct render_options *options, FILE *out,
                struct error *error)
{
    json_t *root = json_object();
    SET(root, "schema", json_string("shunt.report/1"));
    SET(root, "shunt", json_string(SHUNT_VERSION));
    SET(root, "source", json_string(report->source));
    SET(root, "command", json_text_or_null(report->command));
    SET(root, "notes", json_texts(report->notes, report->note_count));
    SET(root, "goal", json_string(report_goal_name(report->goal)));
    SET(root, "wrappers", wrappers_json(report));
    SET(root, "marks", marks_json(report));
    SET(root, "since", json_text_or_null(report->since ? report->since->text : NULL));
    SET(root, "until", json_text_or_null(report->until ? report->until->text : NULL));
    json_t *processes = json_array();
    for (unsigned i = 0; i < report->process_count; i++)
        if (!options->pid || report->processes[i]->pid == options->pid)
            json_array_append_new(processes, process_json(report->processes[i]));
    SET(root, "processes", processes);
    int result = json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    json_decref(root);
    fputc('\n', out);
    return result == 0 ? 0 : error_set(error, "standard output cannot be written");
}
