/* SPDX-License-Identifier: MIT
 *
 * See audit_info.h. A field of the wrong type counts as missing.
 */
#include "audit_info.h"

#include "json_file.h"
#include "text.h"

#include <jansson.h>
#include <string.h>

static const char *const why_names[AUDIT_WHYS] = {
    [AUDIT_INSIDE] = "inside",
    [AUDIT_START] = "start",
    [AUDIT_OWN] = "own",
    [AUDIT_LOADER] = "loader",
    [AUDIT_SIGNAL] = "signal return",
    [AUDIT_LIBC] = "libc",
    [AUDIT_EXIT] = "exit",
    [AUDIT_PASSED] = "passed by",
    [AUDIT_SYSCALL] = "by number",
    [AUDIT_NO_ROW] = "no row",
    [AUDIT_RAW] = "raw",
    [AUDIT_UNKNOWN] = "unknown",
    [AUDIT_UNOBSERVED] = "unobserved",
};

const char *audit_why_name(uint32_t why)
{
    return why_names[why < AUDIT_WHYS ? why : AUDIT_UNKNOWN];
}

/* A word of a later version is no reason that we know. */
static enum audit_why why_of(const char *name)
{
    for (unsigned i = 0; name && i < AUDIT_WHYS; i++)
        if (strcmp(why_names[i], name) == 0)
            return (enum audit_why)i;
    return AUDIT_UNKNOWN;
}

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static const char *text(struct arena *arena, const json_t *object, const char *key)
{
    return text_clean(arena, json_string_value(json_object_get(object, key)));
}

static const char *name(struct arena *arena, const json_t *object, const char *key)
{
    const char *found = text(arena, object, key);
    return found ? found : "?";
}

static struct audit_sum sum_of(const json_t *object)
{
    return (struct audit_sum){.calls = number(object, "calls"), .ns = number(object, "ns")};
}

static void read_lines(struct arena *arena, struct audit_info *info, const json_t *array)
{
    size_t i;
    json_t *item;
    info->lines = ARENA_ARRAY(arena, struct audit_line, json_array_size(array));
    json_array_foreach(array, i, item)
    {
        info->lines[info->line_count++] = (struct audit_line){
            .program = name(arena, item, "program"),
            .system_call = name(arena, item, "system_call"),
            .function = text(arena, item, "function"),
            .library = text(arena, item, "library"),
            .caller = text(arena, item, "caller"),
            .why = why_of(json_string_value(json_object_get(item, "why"))),
            .sum = sum_of(item),
        };
    }
}

static void read_threads(struct arena *arena, struct audit_info *info, const json_t *array)
{
    size_t i;
    json_t *item;
    info->threads = ARENA_ARRAY(arena, struct audit_line_thread, json_array_size(array));
    json_array_foreach(array, i, item)
    {
        info->threads[info->thread_count++] = (struct audit_line_thread){
            .pid = (int)number(item, "pid"),
            .tid = (int)number(item, "tid"),
            .program = name(arena, item, "program"),
            .name = name(arena, item, "name"),
            .observed = json_is_true(json_object_get(item, "observed")),
            .inside = sum_of(json_object_get(item, "inside")),
            .outside = sum_of(json_object_get(item, "outside")),
        };
    }
}

struct audit_info *audit_info_read(struct arena *arena, const char *directory, struct error *error)
{
    const char *path = arena_print(arena, "%s/%s", directory, AUDIT_NAME);
    bool exists, newer;
    error->text[0] = '\0';
    json_t *root = json_file_read(path, AUDIT_SCHEMA, &exists, &newer);
    if (!root) {
        if (exists)
            error_set(error, "%s %s", path, newer ? "was written by a newer shunt" : "is damaged");
        return NULL;
    }
    struct audit_info *info = ARENA_NEW(arena, struct audit_info);
    info->pid = (int)number(root, "pid");
    info->went_on = number(root, "went_on");
    info->least_ns = number(root, "least_ns");
    info->callers_not_sought = number(root, "callers_not_sought");
    info->inside = sum_of(json_object_get(root, "inside"));
    info->outside = sum_of(json_object_get(root, "outside"));
    read_lines(arena, info, json_object_get(root, "rows"));
    read_threads(arena, info, json_object_get(root, "threads"));
    json_decref(root);
    return info;
}
