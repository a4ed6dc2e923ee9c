/* SPDX-License-Identifier: MIT
 *
 * What became of the calls that the rules of a run's policies took.
 */
#ifndef SHUNT_RULES_HIT_H
#define SHUNT_RULES_HIT_H

#include "build.h"

/* Fills the process's rules, those with most calls first, and what is known of its policies. */
void rules_hit_fill(struct source *source);

/* The same of the latest policy alone. */
void rules_hit_fill_latest(struct source *source);

/* Calls that a rule took. */
uint64_t rules_hit_calls(const struct report_rule *rule);

#endif
