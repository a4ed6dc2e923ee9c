/* SPDX-License-Identifier: MIT
 *
 * See audit_write.h. Rows of one program's images become one, and images in which the library never
 * was ready are unobserved.
 */
#include "audit_write.h"

#include "audit_info.h"
#include "json_file.h"
#include "syscall_names.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *text_or_null(const struct audit_book *book, uint32_t id)
{
    return id ? json_string(book->texts[id]) : json_null();
}

static json_t *sum_json(struct audit_sum sum)
{
    json_t *object = json_object();
    json_object_set_new(object, "calls", number(sum.calls));
    json_object_set_new(object, "ns", number(sum.ns));
    return object;
}

/* ---- rows ---- */

/* `image` becomes the program's text id. */
static struct audit_key merged_key(const struct audit_book *book, const struct audit_row *row)
{
    const struct audit_book_image *image = &book->images[row->key.image];
    struct audit_key key = row->key;
    key.image = image->program;
    if (!image->ready)
        key.why = AUDIT_UNOBSERVED;
    return key;
}

static size_t merge(struct audit_book *book, struct audit_row *merged)
{
    struct map ids = {.arena = &book->arena};
    size_t count = 0;
    for (size_t i = 0; i < book->row_count; i++) {
        struct audit_key key = merged_key(book, &book->rows[i]);
        uint64_t hash = XXH3_64bits(&key, sizeof key);
        uint32_t at = map_get(&ids, hash);
        if (at == MAP_NONE) {
            at = (uint32_t)count++;
            merged[at] = (struct audit_row){.key = key};
            map_put(&ids, hash, at);
        }
        merged[at].calls += book->rows[i].calls;
        merged[at].ns += book->rows[i].ns;
    }
    return count;
}

static int by_time(const void *left, const void *right)
{
    const struct audit_row *a = left, *b = right;
    if (a->ns != b->ns)
        return a->ns < b->ns ? 1 : -1;
    return memcmp(&a->key, &b->key, sizeof a->key);
}

static json_t *row_json(const struct audit_book *book, const struct audit_row *row)
{
    json_t *object = json_object();
    const struct audit_key *key = &row->key;
    json_object_set_new(object, "program", json_string(book->texts[key->image]));
    json_object_set_new(object, "system_call", json_string(syscall_name(key->number)));
    json_object_set_new(object, "why", json_string(audit_why_name(key->why)));
    json_object_set_new(object, "function", text_or_null(book, key->entry));
    json_object_set_new(object, "library", text_or_null(book, key->library));
    json_object_set_new(object, "caller", text_or_null(book, key->caller));
    json_object_set_new(object, "calls", number(row->calls));
    json_object_set_new(object, "ns", number(row->ns));
    return object;
}

static json_t *rows_json(struct audit_book *book, struct audit_sum *inside,
                         struct audit_sum *outside)
{
    json_t *list = json_array();
    struct audit_row *merged = ARENA_ARRAY(&book->arena, struct audit_row, book->row_count);
    size_t count = merge(book, merged);
    qsort(merged, count, sizeof *merged, by_time);
    for (size_t i = 0; i < count; i++) {
        struct audit_sum *sum = merged[i].key.why == AUDIT_INSIDE ? inside : outside;
        sum->calls += merged[i].calls;
        sum->ns += merged[i].ns;
        json_array_append_new(list, row_json(book, &merged[i]));
    }
    return list;
}

/* ---- threads ---- */

static json_t *threads_json(const struct audit_book *book)
{
    json_t *list = json_array();
    for (size_t i = 0; i < book->thread_count; i++) {
        const struct audit_thread *thread = &book->threads[i];
        const struct audit_book_image *image = &book->images[thread->image];
        if (!thread->inside.calls && !thread->outside.calls)
            continue;
        json_t *object = json_object();
        json_object_set_new(object, "pid", json_integer(image->pid));
        json_object_set_new(object, "tid", json_integer(thread->tid));
        json_object_set_new(object, "program", json_string(book->texts[image->program]));
        json_object_set_new(object, "name", json_string(book->texts[thread->name]));
        json_object_set_new(object, "observed", json_boolean(image->ready));
        json_object_set_new(object, "inside", sum_json(thread->inside));
        json_object_set_new(object, "outside", sum_json(thread->outside));
        json_array_append_new(list, object);
    }
    return list;
}

int audit_write(struct audit_book *book, const char *directory, pid_t pid, unsigned left)
{
    struct audit_sum inside = {0}, outside = {0};
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_string(AUDIT_SCHEMA));
    json_object_set_new(root, "shunt", json_string(SHUNT_VERSION));
    json_object_set_new(root, "pid", json_integer(pid));
    json_object_set_new(root, "went_on", number(left));
    json_object_set_new(root, "least_ns", number(book->least_ns));
    json_object_set_new(root, "callers_not_sought", number(book->untouched));
    json_t *rows = rows_json(book, &inside, &outside);
    json_object_set_new(root, "inside", sum_json(inside));
    json_object_set_new(root, "outside", sum_json(outside));
    json_object_set_new(root, "rows", rows);
    json_object_set_new(root, "threads", threads_json(book));
    int error = json_file_write(root, directory, AUDIT_NAME);
    json_decref(root);
    return error;
}
