/* SPDX-License-Identifier: MIT
 *
 * From a policy and the code of the modules it will meet to the block that a process maps.
 */
#ifndef SHUNT_POLICY_COMPILE_H
#define SHUNT_POLICY_COMPILE_H

#include "policy_code.h"

struct policy_compiled {
    const void *block; /* aligned for its structs; lives in the arena */
    size_t size;
};

/* Modules may be given in any order, one of each build id. A module that is not among them is asked
 * for its name alone. -1 with a sentence when the block would be too large. */
int policy_compile(struct policy_compiled *compiled, struct arena *arena,
                   const struct policy *policy, const struct policy_code *modules, unsigned count,
                   struct error *error);

#endif
