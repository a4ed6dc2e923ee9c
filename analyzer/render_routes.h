/* SPDX-License-Identifier: MIT
 *
 * Calls that were moved, in JSON; the page's part is in render_parts.h.
 */
#ifndef SHUNT_RENDER_ROUTES_H
#define SHUNT_RENDER_ROUTES_H

#include "report.h"

#include <jansson.h>

/* Adds "routed" to the object of a site or a loop, if a rule asked for any of its calls. */
void routes_json(json_t *object, const struct report_moved *moved);

/* The same for a process, with its pools and the time that it was switched off. */
void routes_process_json(json_t *object, const struct report_process *process);

#endif
