/* SPDX-License-Identifier: MIT
 *
 * Waits for locks, who held them, and what blocked while one was held.
 */
#include "render_json_parts.h"

#include "json_values.h"

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
        SET(object, "site", json_id_or_null(activity->site));
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

json_t *json_locks(const struct report_locks *locks)
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
