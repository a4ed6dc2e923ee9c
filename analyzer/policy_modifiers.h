/* SPDX-License-Identifier: MIT
 *
 * What a rule may say beside its route: a deadline, a bulkhead, and with what calls are denied.
 */
#ifndef SHUNT_POLICY_MODIFIERS_H
#define SHUNT_POLICY_MODIFIERS_H

#include "policy.h"
#include "policy_yaml.h"

#include <errno.h>

#define POLICY_DENY_ERROR EACCES /* where a rule does not say */

/* The keys' values. 0, or -1 with a note. */
int policy_take_deadline(struct policy_yaml *yaml, yaml_node_t *value, struct policy_rule *rule);
int policy_take_bulkhead(struct policy_yaml *yaml, yaml_node_t *value, struct policy_rule *rule);
int policy_take_deny(struct policy_yaml *yaml, yaml_node_t *value, struct policy_rule *rule);

/* Do they go with the rule's route? 0, or -1 with a note. */
int policy_modifiers_finish(const struct policy_rule *rule, struct policy_notes *notes);

/* Adds errors for calls that cannot be denied, or cannot have a deadline. */
void policy_modifiers_check(const struct policy_rule *rule, struct policy_notes *notes);

#endif
