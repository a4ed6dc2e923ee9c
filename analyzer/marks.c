/* SPDX-License-Identifier: MIT
 *
 * See marks.h: finding and reading marks. Taking one is in mark_take.c.
 */
#include "marks.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA      "shunt.mark/1"
#define LISTED_MOST 10

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* NULL: there is none, or it is no mark. To be released. */
static json_t *load(struct arena *arena, const char *path)
{
    json_t *root =
        json_load_file(arena_print(arena, "%s/mark.json", path), JSON_REJECT_DUPLICATES, NULL);
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (schema && strcmp(schema, SCHEMA) == 0 && json_string_value(json_object_get(root, "text")))
        return root;
    json_decref(root);
    return NULL;
}

static bool read_one(struct arena *arena, const char *directory, const char *name,
                     struct mark *mark)
{
    char *end;
    unsigned long value = strtoul(name, &end, 10);
    if (*end || value == 0 || value > UINT32_MAX || *name == '0')
        return false;
    const char *path = arena_print(arena, "%s/" MARKS_DIRECTORY "/%s", directory, name);
    json_t *root = load(arena, path);
    if (!root)
        return false;
    *mark =
        (struct mark){.number = (unsigned)value,
                      .text = text_clean(arena, json_string_value(json_object_get(root, "text"))),
                      .path = path,
                      .realtime_ns = number(root, "realtime_ns"),
                      .monotonic_ns = number(root, "monotonic_ns")};
    json_decref(root);
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

struct marks marks_list(struct arena *arena, const char *directory)
{
    struct marks marks = {0};
    size_t capacity = 0;
    DIR *stream = opendir(arena_print(arena, "%s/" MARKS_DIRECTORY, directory));
    for (const struct dirent *entry; stream && (entry = readdir(stream));) {
        struct mark mark;
        if (!read_one(arena, directory, entry->d_name, &mark))
            continue;
        marks.items = arena_grow(arena, marks.items, sizeof mark, marks.count, &capacity);
        marks.items[marks.count++] = mark;
    }
    if (stream)
        closedir(stream);
    if (marks.count)
        qsort(marks.items, marks.count, sizeof *marks.items, by_number);
    return marks;
}

static const char *listed(struct arena *arena, const struct marks *marks)
{
    const char *text = "";
    for (unsigned i = 0; i < marks->count && i < LISTED_MOST; i++)
        text = arena_print(arena, "%s%s%u \"%s\"", text, i ? ", " : "", marks->items[i].number,
                           marks->items[i].text);
    return marks->count > LISTED_MOST
               ? arena_print(arena, "%s and %u more", text, marks->count - LISTED_MOST)
               : text;
}

const struct mark *marks_find(struct arena *arena, const struct marks *marks, const char *wanted,
                              const char *directory, struct error *error)
{
    for (unsigned i = 0; i < marks->count; i++)
        if (strcmp(marks->items[i].text, wanted) == 0)
            return &marks->items[i];
    for (unsigned i = 0; i < marks->count; i++)
        if (strcmp(arena_print(arena, "%u", marks->items[i].number), wanted) == 0)
            return &marks->items[i];
    if (marks->count)
        error_set(error, "no mark \"%s\" in %s, which has: %s", wanted, directory,
                  listed(arena, marks));
    else
        error_set(error,
                  "no mark \"%s\" in %s, which has none; set one while the program runs: shunt "
                  "mark TEXT %s",
                  wanted, directory, directory);
    return NULL;
}

int marks_read(struct arena *arena, const struct mark *mark, struct mark_content *content,
               struct error *error)
{
    json_t *root = load(arena, mark->path);
    if (!root)
        return error_set(error, "%s/mark.json: cannot be read", mark->path);
    const json_t *traces = json_object_get(root, "traces");
    size_t i;
    json_t *item;
    *content = (struct mark_content){
        .traces = ARENA_ARRAY(arena, struct mark_trace, json_array_size(traces)),
        .threads = run_info_of(arena, root)};
    json_array_foreach(traces, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name && !strchr(name, '/'))
            content->traces[content->trace_count++] =
                (struct mark_trace){arena_copy(arena, name), number(item, "ticks")};
    }
    json_decref(root);
    return 0;
}

uint64_t marks_ticks(const struct mark_content *content, const char *name)
{
    for (unsigned i = 0; i < content->trace_count; i++)
        if (strcmp(content->traces[i].name, name) == 0)
            return content->traces[i].ticks;
    return 0;
}
