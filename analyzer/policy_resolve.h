/* SPDX-License-Identifier: MIT
 *
 * What a policy's names came to in the modules that it was compiled for: a name that is nowhere is
 * a rule that takes nothing there, and that must be said.
 */
#ifndef SHUNT_POLICY_RESOLVE_H
#define SHUNT_POLICY_RESOLVE_H

#include "policy_compile.h"
#include "policy_modules.h"

/* Warns of each rule with a module, a function or a source that none of the modules has. */
void policy_resolve_check(const struct policy *policy, const struct policy_compiled *compiled,
                          const struct policy_modules *modules, struct policy_notes *notes);

#endif
