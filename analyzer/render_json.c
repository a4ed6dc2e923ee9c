/* SPDX-License-Identifier: MIT
 *
 * The report for programs: everything in the model, as docs/schema/shunt.report-1.schema.json says.
 * Additive within a major number of the schema. Times are nanoseconds.
 */
#include "json_values.h"
#include "render.h"

#include "noise.h"
#include "render_json_parts.h"
#include "render_routes.h"
#include "render_rules.h"

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
        SET(current, "site", json_id_or_null(thread->current_site));
        SET(current, "since_ns", json_count(thread->current_ns));
    }
    SET(object, "in_progress", current);
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

static json_t *plan_json(const struct report_process *process)
{
    json_t *object = json_object(), *sites = json_array();
    for (unsigned i = 0; i < process->plan_count; i++)
        json_array_append_new(sites, json_site_id(process->plan[i]->id));
    SET(object, "effort", json_integer(process->plan_effort));
    SET(object, "sites", sites);
    return object;
}

static json_t *forecast_json(const struct report_process *process)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < process->forecast_count; i++) {
        const struct report_forecast *row = &process->forecast[i];
        json_t *object = json_object();
        SET(object, "moved", json_text_or_null(row->moved));
        SET(object, "requests_per_second", json_real(row->rate));
        SET(object, "hub_blocked", json_real(row->hub));
        SET(object, "workers", json_integer(row->workers ? row->at_a_time : 0));
        SET(object, "confidence", json_string(report_confidence_name(row->confidence)));
        json_array_append_new(array, object);
    }
    return array;
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
        json_array_append_new(loops, json_loop(process->loops[i], process->ns_per_tick));
    for (unsigned i = 0; i < process->site_count; i++)
        json_array_append_new(sites, json_site(process->sites[i], process->ns_per_tick));
    json_t *spawns = json_array();
    for (unsigned i = 0; i < process->spawn_count; i++)
        json_array_append_new(spawns, json_spawn(process->spawns[i]));
    SET(object, "pending", json_pending(&process->pending));
    routes_process_json(object, process);
    rules_process_json(object, process);
    SET(object, "spawns", spawns);
    SET(object, "runtime_version", json_text_or_null(process->runtime_version));
    SET(object, "settings", settings_json(process));
    json_t *requests = json_array();
    for (unsigned i = 0; i < process->request_count; i++)
        json_array_append_new(requests, json_requests(process->requests[i]));
    SET(object, "requests", requests);
    SET(object, "if_moved", forecast_json(process));
    SET(object, "threads", threads);
    SET(object, "loops", loops);
    SET(object, "noise", noise_json(process));
    SET(object, "sites", sites);
    SET(object, "plan", plan_json(process));
    SET(object, "groups", groups_json(process));
    SET(object, "locks", json_locks(&process->locks));
    return object;
}

int render_json(struct report *report, const struct render_options *options, FILE *out,
                struct error *error)
{
    (void)error;
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
    json_print(root, out);
    return 0;
}
