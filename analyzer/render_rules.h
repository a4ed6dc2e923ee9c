/* SPDX-License-Identifier: MIT
 *
 * The part of a page, and of the JSON, that speaks of the rules of the policy in force.
 */
#ifndef SHUNT_RENDER_RULES_H
#define SHUNT_RENDER_RULES_H

#include "page.h"
#include "report.h"

#include <jansson.h>

void parts_rules(struct page *page, const struct report_process *process);

/* Sets "policy" of a process that had one. */
void rules_process_json(json_t *object, const struct report_process *process);

#endif
