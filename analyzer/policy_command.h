/* SPDX-License-Identifier: MIT
 *
 * The subcommands of `shunt policy`, and what those that read policies have in common.
 */
#ifndef SHUNT_POLICY_COMMAND_H
#define SHUNT_POLICY_COMMAND_H

#include "command.h"
#include "policy.h"
#include "policy_compile.h"
#include "policy_modules.h"

#include <stdio.h>

/* Each is called as a command's run: argv[0] is its name; returns an exit status. */
extern const struct command policy_command_apply;
extern const struct command policy_command_check;
extern const struct command policy_command_compiler;
extern const struct command policy_command_diff;
extern const struct command policy_command_explain;
extern const struct command policy_command_init;
extern const struct command policy_command_status;

/* Reads a policy and prints what is wrong with it to stderr, a line each: `path:line:column: text`.
 * 0, or -1. */
int policy_command_read(struct policy *policy, struct arena *arena, const char *path, int today);

/* The notes' lines. */
void policy_command_print(const char *path, const struct policy_notes *notes);

/* Compiles for what `where` names (see policy_modules.h), and prints a line for each module that
 * could not be read. The modules are the caller's to end, even after -1 (with a sentence). */
int policy_command_compile(struct policy_compiled *compiled, struct policy_modules *modules,
                           const struct policy *policy, struct arena *arena, char *const *where,
                           unsigned count, struct error *error);

#endif
