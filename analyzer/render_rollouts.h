/* SPDX-License-Identifier: MIT
 *
 * How long a site's calls took inside a rollout's share and outside it: a small table, and JSON.
 */
#ifndef SHUNT_RENDER_ROLLOUTS_H
#define SHUNT_RENDER_ROLLOUTS_H

#include "page.h"
#include "report.h"

#include <jansson.h>

/* Nothing unless there are calls on both sides. */
void rollouts_show(struct page *page, const struct report_rollout *rollout, double ns_per_tick);

/* Adds "rollout" to the object of a site, if a rule with a share took any of its calls. */
void rollouts_json(json_t *object, const struct report_rollout *rollout, double ns_per_tick);

#endif
