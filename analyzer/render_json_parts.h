/* SPDX-License-Identifier: MIT
 *
 * Objects that the report's JSON and a site's have alike.
 */
#ifndef SHUNT_RENDER_JSON_PARTS_H
#define SHUNT_RENDER_JSON_PARTS_H

#include "report.h"

#include <jansson.h>

/* Rows of [from, to, count] in nanoseconds; empty where there is none. */
json_t *json_histogram(const struct histogram *histogram, double ns_per_tick);
json_t *json_pending(const struct report_pending *pending);
json_t *json_id_or_null(const struct report_site *site);

/* A site in one process. */
json_t *json_site(const struct report_site *site, double ns_per_tick);

json_t *json_loop(const struct report_loop *loop, double ns_per_tick);
json_t *json_spawn(const struct report_spawn *spawn);
json_t *json_requests(const struct report_requests *requests);

/* One wait or one that was held; all of a process. */
json_t *json_lock(const struct report_lock *lock);
json_t *json_locks(const struct report_locks *locks);

#endif
