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

/* Reads the policy in `path`, or `text` under that name if it is not NULL, and compiles it for what
 * `where` names (see policy_modules.h). What is wrong with its rules is printed, a line each. 0, or
 * -1 with a sentence, too. */
int policy_use_compile(struct policy_compiled *compiled, struct arena *arena, const char *path,
                       const char *text, const char *const *where, unsigned count,
                       struct error *error);

/* Leaves it in a directory of traces, for processes that begin there. Its path, which lives in the
 * arena; NULL with a sentence. */
const char *policy_use_leave(const struct policy_compiled *compiled, struct arena *arena,
                             const char *directory, struct error *error);

#endif
