/* SPDX-License-Identifier: MIT
 *
 * The comparison for programs, as docs/schema/shunt.diff-1.schema.json says. Additive within a
 * major number of the schema. Times are nanoseconds.
 */
#include "json_values.h"
#include "render_diff.h"

static const char *const side_names[] = {[DIFF_BEFORE] = "before", [DIFF_AFTER] = "after"};

static json_t *real_if(bool known, double value)
{
    return known ? json_real(value) : json_null();
}

static json_t *side_json(const struct diff_side *side)
{
    json_t *object = json_object(), *runs = json_array();
    for (unsigned i = 0; i < side->run_count; i++) {
        const struct diff_run *run = &side->runs[i];
        json_t *row = json_object();
        SET(row, "source", json_string(run->report.source));
        SET(row, "pid", json_integer(run->main->pid));
        SET(row, "program", json_string(run->main->name));
        SET(row, "started_realtime_ns", json_count(run->main->started_realtime_ns));
        SET(row, "wall_ns", json_count(run->main->wall_ns));
        SET(row, "threshold_ns", json_count(run->main->threshold_ns));
        SET(row, "saw_percent", real_if(run->main->saw.known, run->main->saw.percent));
        json_array_append_new(runs, row);
    }
    SET(object, "command", json_text_or_null(side->command));
    SET(object, "wall_ns", json_count(side->wall_ns));
    SET(object, "lost", json_count(side->lost));
    SET(object, "runs", runs);
    return object;
}

static json_t *loop_side_json(const struct diff_loop *loop, enum diff_when when)
{
    const struct diff_loop_count *sum = &loop->sum[when];
    if (sum->loops == 0)
        return json_null();
    json_t *object = json_object();
    SET(object, "loops", json_count(sum->loops));
    SET(object, "observed_ns", json_count(sum->observed_ns));
    SET(object, "turns", json_count(sum->turns));
    SET(object, "stalls", json_count(sum->stalls));
    SET(object, "stall_ns", json_count(sum->stall_ns));
    SET(object, "stall_share", json_real(loop->share[when]));
    SET(object, "stall_p50_ns", json_count((uint64_t)loop->p50_ns[when]));
    SET(object, "stall_p99_ns", json_count((uint64_t)loop->p99_ns[when]));
    SET(object, "stall_max_ns", json_count(sum->max_ns));
    return object;
}

static json_t *loop_json(const struct diff_loop *loop)
{
    json_t *object = json_object();
    SET(object, "role", json_string(loop->role->name));
    SET(object, "thread", json_string(loop->name));
    SET(object, "call", json_string(loop->call));
    SET(object, "class", json_string(diff_class_name(loop->class)));
    SET(object, "grade", json_string(diff_grade_name(loop->grade)));
    for (int when = 0; when < DIFF_SIDES; when++)
        SET(object, side_names[when], loop_side_json(loop, (enum diff_when)when));
    return object;
}

static json_t *figures_json(const struct diff_figures *figures)
{
    const struct diff_count *sum = &figures->sum;
    if (!figures->site)
        return json_null();
    json_t *object = json_object();
    SET(object, "function", json_string(figures->site->function));
    SET(object, "module", json_string(figures->site->module));
    SET(object, "target", json_text_or_null(figures->site->pattern));
    SET(object, "runs", json_integer(figures->runs));
    SET(object, "calls", json_count(sum->calls));
    SET(object, "loop_calls", json_count(sum->loop_calls));
    SET(object, "total_ns", json_count(sum->total_ns));
    SET(object, "blocked", json_count(sum->blocked));
    SET(object, "blocked_ns", json_count(sum->blocked_ns));
    SET(object, "stalled_turns", json_count(sum->stalled_turns));
    SET(object, "stall_ns", json_count(sum->stall_ns));
    SET(object, "pending", json_count(sum->pending));
    SET(object, "pending_ns", json_count(sum->pending_ns));
    SET(object, "p50_ns", json_count_if(sum->latencies.count, (uint64_t)figures->p50_ns));
    SET(object, "p99_ns", json_count_if(sum->latencies.count, (uint64_t)figures->p99_ns));
    SET(object, "max_ns", json_count(sum->max_ns));
    SET(object, "threads", json_string(figures->threads));
    return object;
}

static json_t *measure_json(const struct diff_site *site)
{
    static const char *const names[] = {
        [DIFF_NOTHING] = "none", [DIFF_P50] = "p50_ns",  [DIFF_P99] = "p99_ns",
        [DIFF_CALLS] = "calls",  [DIFF_PLACE] = "place", [DIFF_WAIT] = "wait_ns"};
    bool figures = site->measure != DIFF_NOTHING && site->measure != DIFF_PLACE;
    json_t *object = json_object();
    SET(object, "name", json_string(names[site->measure]));
    SET(object, "per", json_text_or_null(site->per));
    for (int when = 0; when < DIFF_SIDES; when++)
        SET(object, side_names[when], real_if(figures, site->value[when]));
    SET(object, "ratio", real_if(figures && site->ratio > 0, site->ratio));
    SET(object, "p", json_real(site->p));
    SET(object, "false_discovery_rate", json_real(site->false_rate));
    return object;
}

static json_t *site_json(const struct diff_site *site)
{
    const struct report_site *any = site->side[DIFF_BEFORE].site;
    if (!any)
        any = site->side[DIFF_AFTER].site;
    json_t *object = json_object();
    SET(object, "id", json_site_id(site->id));
    SET(object, "short_id", json_string(site->short_id));
    SET(object, "role", json_string(site->role->name));
    SET(object, "call", json_string(any->call));
    SET(object, "stable", json_boolean(any->stable));
    SET(object, "class", json_string(diff_class_name(site->class)));
    SET(object, "grade", json_string(diff_grade_name(site->grade)));
    SET(object, "measure", measure_json(site));
    SET(object, "never_blocked", json_boolean(site->quiet));
    SET(object, "left_loop", json_boolean(site->left_loop));
    SET(object, "came_to_loop", json_boolean(site->came_to_loop));
    SET(object, "other_site", site->other ? json_site_id(site->other->id) : json_null());
    SET(object, "why", json_text_or_null(site->why));
    for (int when = 0; when < DIFF_SIDES; when++)
        SET(object, side_names[when], figures_json(&site->side[when]));
    return object;
}

static json_t *counts_json(const struct diff *diff)
{
    json_t *object = json_object();
    for (unsigned class = 0; class < DIFF_CLASSES; class ++) {
        json_t *row = json_object();
        SET(row, "sites", json_integer(diff->count[class]));
        SET(row, "never_blocked", json_integer(diff->quiet[class]));
        SET(row, "loops", json_integer(diff->loop_classes[class]));
        SET(object, diff_class_name((enum diff_class) class), row);
    }
    return object;
}

int render_diff_json(struct diff *diff, const struct render_diff_options *options, FILE *out,
                     struct error *error)
{
    (void)error;
    (void)options;
    json_t *root = json_object(), *loops = json_array(), *sites = json_array();
    SET(root, "schema", json_string("shunt.diff/1"));
    SET(root, "shunt", json_string(SHUNT_VERSION));
    SET(root, "verdict", json_string(diff->verdict));
    SET(root, "answer", json_string(diff->answer));
    SET(root, "several_runs", json_boolean(diff->several));
    SET(root, "recorded_in_turn", json_boolean(diff->in_turn));
    SET(root, "warnings", json_texts(diff->warnings, diff->warning_count));
    SET(root, "notes", json_texts(diff->notes, diff->note_count));
    for (int when = 0; when < DIFF_SIDES; when++)
        SET(root, side_names[when], side_json(&diff->side[when]));
    SET(root, "classes", counts_json(diff));
    for (size_t i = 0; i < diff->loop_count; i++)
        json_array_append_new(loops, loop_json(diff->loops[i]));
    for (size_t i = 0; i < diff->site_count; i++)
        json_array_append_new(sites, site_json(diff->sites[i]));
    SET(root, "loops", loops);
    SET(root, "sites", sites);
    json_print(root, out);
    return 0;
}
