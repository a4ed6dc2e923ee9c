/* SPDX-License-Identifier: MIT
 *
 * See render_json_parts.h.
 */
#include "render_json_parts.h"

#include "json_values.h"

json_t *json_id_or_null(const struct report_site *site)
{
    return site ? json_site_id(site->id) : json_null();
}

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
