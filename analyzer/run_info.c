/* SPDX-License-Identifier: MIT
 *
 * See run_info.h. A field of the wrong type counts as missing.
 */
#include "run_info.h"

#include "json_file.h"
#include "text.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA "shunt.run/1"

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static const char *joined(struct arena *arena, const json_t *array)
{
    const char *text = "";
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        if (json_string_value(item))
            text = arena_print(arena, "%s%s%s", text, i ? " " : "", json_string_value(item));
        if (strlen(text) > 4000)
            break;
    }
    return text_clean(arena, text);
}

static void read_threads(struct arena *arena, struct run_info *info, const json_t *array)
{
    size_t i;
    json_t *item;
    info->threads = ARENA_ARRAY(arena, struct run_thread, json_array_size(array));
    json_array_foreach(array, i, item)
    {
        json_t *explained = json_object_get(item, "explained_ticks");
        info->threads[info->thread_count++] = (struct run_thread){
            .pid = (int)number(item, "pid"),
            .tid = (int)number(item, "tid"),
            .name = text_clean(arena, json_string_value(json_object_get(item, "name"))),
            .started_ns = number(item, "started_monotonic_ns"),
            .sampled_ns = number(item, "sampled_monotonic_ns"),
            .run_ns = number(item, "run_ns"),
            .wait_ns = number(item, "wait_ns"),
            .stime_ns = number(item, "stime_ns"),
            .explained_known = json_is_integer(explained),
            .explained_ticks = number(item, "explained_ticks"),
        };
    }
}

static void read_gaps(struct arena *arena, struct run_info *info, const json_t *array)
{
    size_t i;
    json_t *item;
    info->gaps = ARENA_ARRAY(arena, struct run_gap, json_array_size(array));
    json_array_foreach(array, i, item)
    {
        const char *text = json_string_value(json_object_get(item, "text"));
        if (text)
            info->gaps[info->gap_count++] =
                (struct run_gap){(int)number(item, "pid"), text_clean(arena, text)};
    }
}

struct run_info *run_info_of(struct arena *arena, const struct json_t *root)
{
    struct run_info *info = ARENA_NEW(arena, struct run_info);
    info->command = joined(arena, json_object_get(root, "command"));
    info->pid = (int)number(root, "pid");
    info->started_ns = number(root, "started_monotonic_ns");
    info->ended_ns = number(root, "ended_monotonic_ns");
    info->signal = (int)number(root, "signal");
    info->run_queue_known = json_is_true(json_object_get(root, "run_queue_known"));
    info->audited = json_is_true(json_object_get(root, "audited"));
    read_threads(arena, info, json_object_get(root, "threads"));
    read_gaps(arena, info, json_object_get(root, "gaps"));
    return info;
}

struct run_info *run_info_read(struct arena *arena, const char *directory, const char **trouble)
{
    *trouble = NULL;
    const char *path = arena_print(arena, "%s/%s", directory, RUN_INFO_NAME);
    bool exists, newer;
    json_t *root = json_file_read(path, SCHEMA, &exists, &newer);
    if (!root) {
        if (exists)
            *trouble = newer ? "run.json was written by a newer shunt" : "run.json is damaged";
        return NULL;
    }
    struct run_info *info = run_info_of(arena, root);
    json_decref(root);
    return info;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

bool run_info_thread(const struct run_info *info, int pid, int tid, uint64_t explained,
                     struct run_thread *thread)
{
    const struct run_thread *best = NULL, *before = NULL, *last = NULL;
    for (unsigned i = 0; info && i < info->thread_count; i++) {
        const struct run_thread *row = &info->threads[i];
        if (row->pid != pid || row->tid != tid)
            continue;
        if (!best ||
            apart(row->explained_ticks, explained) < apart(best->explained_ticks, explained)) {
            best = row;
            before = last;
        }
        last = row;
    }
    if (!best)
        return false;
    *thread = *best;
    if (before && before->started_ns == best->started_ns) {
        thread->started_ns = before->sampled_ns;
        thread->run_ns = less(best->run_ns, before->run_ns);
        thread->wait_ns = less(best->wait_ns, before->wait_ns);
        thread->stime_ns = less(best->stime_ns, before->stime_ns);
    }
    return true;
}

/* ---- between two instants ---- */

/* Is `later` the same thread as `row`, seen again? A number may have been used twice. */
static bool is_same(const struct run_thread *row, const struct run_thread *later)
{
    return row->pid == later->pid && row->tid == later->tid &&
           later->sampled_ns >= row->sampled_ns && later->started_ns <= row->sampled_ns;
}

/* Kernel figures go on over exec, what is explained begins anew with each image: only the image
 * that was there at the time gives some of it up. */
static void subtract(struct run_info *info, const struct run_thread *before)
{
    bool first = true;
    for (unsigned i = 0; i < info->thread_count; i++) {
        struct run_thread *row = &info->threads[i];
        if (!is_same(before, row))
            continue;
        row->started_ns = before->sampled_ns;
        row->run_ns = less(row->run_ns, before->run_ns);
        row->wait_ns = less(row->wait_ns, before->wait_ns);
        row->stime_ns = less(row->stime_ns, before->stime_ns);
        if (first) {
            row->explained_known &= before->explained_known;
            row->explained_ticks = less(row->explained_ticks, before->explained_ticks);
        }
        first = false;
    }
}

/* Rows of threads that had ended before `from`, or began after `to`, go. */
static void keep_rows(struct arena *arena, struct run_info *info, const struct run_info *rows,
                      uint64_t from, uint64_t to)
{
    struct run_thread *kept =
        ARENA_ARRAY(arena, struct run_thread, info->thread_count + rows->thread_count);
    for (unsigned i = 0; i < info->thread_count; i++)
        kept[i] = info->threads[i];
    info->threads = kept;
    for (unsigned i = 0; i < rows->thread_count; i++)
        if (rows->threads[i].sampled_ns >= from && rows->threads[i].sampled_ns <= to)
            info->threads[info->thread_count++] = rows->threads[i];
}

static uint64_t latest(const struct run_info *info)
{
    uint64_t when = 0;
    for (unsigned i = 0; info && i < info->thread_count; i++)
        when = info->threads[i].sampled_ns > when ? info->threads[i].sampled_ns : when;
    return when;
}

const struct run_info *run_info_between(struct arena *arena, const struct run_info *run,
                                        const struct run_info *since, const struct run_info *until)
{
    const struct run_info *last = run ? run : until;
    if (!last || (!since && !until))
        return run;
    struct run_info *between = ARENA_NEW(arena, struct run_info);
    *between = *last;
    between->thread_count = 0;
    if (run)
        keep_rows(arena, between, run, latest(since), until ? latest(until) : UINT64_MAX);
    if (until) {
        between->run_queue_known = until->run_queue_known;
        between->ended_ns = 0;
        keep_rows(arena, between, until, 0, UINT64_MAX);
    }
    for (unsigned i = 0; since && i < since->thread_count; i++)
        subtract(between, &since->threads[i]);
    return between;
}
