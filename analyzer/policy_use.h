/* SPDX-License-Identifier: MIT
 *
 * A policy made ready for processes: read, checked, held against what this version of the library
 * can do, compiled, and written where they find it.
 */
#ifndef SHUNT_POLICY_USE_H
#define SHUNT_POLICY_USE_H

#include "policy_command.h"

/* Says of what a rule asks that the library cannot do yet: -1 with a sentence. */
int policy_use_possible(const struct policy *policy, struct error *error);

/* Writes the block; there whole or not at all, for a process may be about to read it. 0 or a
 * negative errno. */
int policy_use_write(const struct policy_compiled *compiled, const char *path);

/* Reads the policy in `path`, compiles it for `where` (see policy_modules.h) and writes it to
 * `output`. What is wrong with its rules is printed, a line each. 0, or -1 with a sentence, too. */
int policy_use_prepare(const char *path, const char *where, const char *output,
                       struct error *error);

#endif
