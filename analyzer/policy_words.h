/* SPDX-License-Identifier: MIT
 *
 * The words of the policy language in the order of their enumerations.
 */
#ifndef SHUNT_POLICY_WORDS_H
#define SHUNT_POLICY_WORDS_H

#include "policy.h"

extern const char *const policy_matcher_words[MATCHERS];
extern const char *const policy_route_words[POLICY_ROUTES];
extern const char *const policy_rollout_words[POLICY_ROLLOUTS];
extern const char *const policy_role_words[POLICY_ROLES];
extern const char *const policy_state_words[POLICY_STATES]; /* the first is "": none */
extern const char *const policy_goal_words[2];              /* unblock, threads */

/* "EACCES"; NULL: there is no such error. */
const char *policy_error_name(unsigned error);

#endif
