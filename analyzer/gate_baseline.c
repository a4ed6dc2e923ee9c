/* SPDX-License-Identifier: MIT
 *
 * See gate_baseline.h.
 */
#include "gate_baseline.h"

#include "json_file.h"
#include "json_values.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA     "shunt.baseline/1"
#define SITES_MOST 1000000u

static int by_id(const void *a, const void *b)
{
    const struct gate_known *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

void gate_baseline_add(struct gate_baseline *baseline, struct arena *arena,
                       const struct gate_known *known)
{
    baseline->items = arena_grow(arena, baseline->items, sizeof *baseline->items, baseline->count,
                                 &baseline->room);
    baseline->items[baseline->count++] = *known;
}

void gate_baseline_order(struct gate_baseline *baseline)
{
    if (baseline->count)
        qsort(baseline->items, baseline->count, sizeof *baseline->items, by_id);
}

struct gate_known *gate_baseline_find(struct gate_baseline *baseline, uint64_t id)
{
    struct gate_known key = {.id = id};
    if (baseline->count == 0)
        return NULL;
    return bsearch(&key, baseline->items, baseline->count, sizeof *baseline->items, by_id);
}

/* ---- reading ---- */

static const char *text_of(struct arena *arena, const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text ? text_clean(arena, text) : NULL;
}

static int read_entry(struct gate_known *known, struct arena *arena, const json_t *entry)
{
    const char *id = json_string_value(json_object_get(entry, "id"));
    int used = 0;
    if (!id || strlen(id) != 16 || sscanf(id, "%16" SCNx64 "%n", &known->id, &used) != 1 ||
        used != 16)
        return -1;
    known->call = text_of(arena, entry, "call");
    known->function = text_of(arena, entry, "function");
    known->module = text_of(arena, entry, "module");
    known->stable = !json_is_false(json_object_get(entry, "stable"));
    return known->call && known->function && known->module ? 0 : -1;
}

static int read_entries(struct gate_baseline *baseline, struct arena *arena, const json_t *root,
                        const char *path, struct error *error)
{
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const json_t *sites = json_object_get(root, "sites");
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return error_set(error,
                         "%s is no baseline that this shunt reads (schema " SCHEMA ", not %s)",
                         path, schema ? schema : "none");
    if (!json_is_array(sites) || json_array_size(sites) > SITES_MOST)
        return error_set(error, "%s has no list of sites", path);
    for (size_t i = 0; i < json_array_size(sites); i++) {
        struct gate_known known = {0};
        if (read_entry(&known, arena, json_array_get(sites, i)) < 0)
            return error_set(error, "%s: site %zu has no id, call, function or module", path,
                             i + 1);
        gate_baseline_add(baseline, arena, &known);
    }
    gate_baseline_order(baseline);
    return 0;
}

int gate_baseline_read(struct gate_baseline *baseline, struct arena *arena, const char *path,
                       struct error *error)
{
    json_error_t fault;
    *baseline = (struct gate_baseline){0};
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
    if (!root && fault.line < 0)
        return error_set(error, "%s: %s; \"shunt gate --write-baseline\" makes one", path,
                         strerror(errno));
    if (!root)
        return error_set(error, "%s:%d: %s", path, fault.line, fault.text);
    int result = read_entries(baseline, arena, root, path, error);
    json_decref(root);
    return result;
}

/* ---- writing ---- */

static json_t *entry_json(const struct gate_known *known)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "id", json_site_id(known->id));
    json_object_set_new(entry, "call", json_string(known->call));
    json_object_set_new(entry, "function", json_string(known->function));
    json_object_set_new(entry, "module", json_string(known->module));
    if (!known->stable)
        json_object_set_new(entry, "stable", json_false());
    return entry;
}

int gate_baseline_write(const struct gate_baseline *baseline, const char *path, struct error *error)
{
    json_t *root = json_object(), *sites = json_array();
    for (size_t i = 0; i < baseline->count; i++)
        json_array_append_new(sites, entry_json(&baseline->items[i]));
    json_object_set_new(root, "schema", json_string(SCHEMA));
    json_object_set_new(root, "sites", sites);
    const char *slash = strrchr(path, '/');
    char directory[4096];
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    int result = json_file_write(root, slash == path ? "/" : directory, text_basename(path));
    json_decref(root);
    return result < 0 ? error_set(error, "%s: %s", path, strerror(-result)) : 0;
}
