/* SPDX-License-Identifier: MIT
 *
 * What is wrong with rules that are well written: routes that their calls forbid, ids that two
 * have, rules that an earlier one hides.
 */
#ifndef SHUNT_POLICY_CHECK_H
#define SHUNT_POLICY_CHECK_H

#include "policy.h"

/* Adds errors and warnings to the notes. */
void policy_check(const struct policy *policy, struct policy_notes *notes);

/* Warns of items that are over by that day (see days.h). */
void policy_check_expired(const struct policy *policy, int today, struct policy_notes *notes);

/* Does `wide` take whatever `narrow` takes? False when that is not sure. */
bool policy_match_covers(const struct policy_match *wide, const struct policy_match *narrow);

#endif
