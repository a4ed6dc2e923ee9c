/* SPDX-License-Identifier: MIT
 *
 * See run_info.h. A field of the wrong type counts as missing.
 */
#include "run_info.h"

#include "text.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA_PREFIX "shunt.run/"
#define SCHEMA_MAJOR  "shunt.run/1"
#define SIZE_MAX_JSON ((off_t)256 * 1024 * 1024)

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

struct run_info *run_info_read(struct arena *arena, const char *directory, const char **trouble)
{
    *trouble = NULL;
    const char *path = arena_print(arena, "%s/%s", directory, RUN_INFO_NAME);
    struct stat status;
    if (stat(path, &status) < 0)
        return NULL;
    json_error_t parse;
    json_t *root = S_ISREG(status.st_mode) && status.st_size < SIZE_MAX_JSON
                       ? json_load_file(path, JSON_REJECT_DUPLICATES, &parse)
                       : NULL;
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (!schema || strcmp(schema, SCHEMA_MAJOR) != 0) {
        *trouble = schema && text_starts(schema, SCHEMA_PREFIX)
                       ? "run.json was written by a newer shunt"
                       : "run.json is damaged";
        json_decref(root);
        return NULL;
    }
    struct run_info *info = ARENA_NEW(arena, struct run_info);
    info->command = joined(arena, json_object_get(root, "command"));
    info->pid = (int)number(root, "pid");
    info->started_ns = number(root, "started_monotonic_ns");
    info->ended_ns = number(root, "ended_monotonic_ns");
    info->signal = (int)number(root, "signal");
    info->run_queue_known = json_is_true(json_object_get(root, "run_queue_known"));
    read_threads(arena, info, json_object_get(root, "threads"));
    read_gaps(arena, info, json_object_get(root, "gaps"));
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
