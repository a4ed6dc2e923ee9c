/* SPDX-License-Identifier: MIT
 *
 * The keys by which a rule or a group says which calls it is about.
 */
#ifndef SHUNT_POLICY_MATCH_KEYS_H
#define SHUNT_POLICY_MATCH_KEYS_H

#include "policy.h"
#include "policy_yaml.h"

/* Takes the value of a matcher's key; `argument` is the enum policy_matcher. */
int policy_take_matcher(struct policy_yaml *yaml, yaml_node_t *value, struct policy_match *match,
                        enum policy_matcher matcher);

/* After all keys: which calls are meant, and what a site's id needs. 0, or -1 with notes. */
int policy_match_finish(struct policy_match *match, struct policy_notes *notes);

/* Adds what the group asks to a rule's match. -1 with a note when both ask the same. */
int policy_match_join(struct policy_match *match, const struct policy_match *group,
                      const char *name, struct policy_notes *notes);

#endif
