/* SPDX-License-Identifier: MIT
 *
 * The subcommands of `shunt policy`, and what those that read policies have in common.
 */
#ifndef SHUNT_POLICY_COMMAND_H
#define SHUNT_POLICY_COMMAND_H

#include "command.h"
#include "policy.h"

#include <stdio.h>

/* Each is called as a command's run: argv[0] is its name; returns an exit status. */
extern const struct command policy_command_check;

/* Reads a policy and prints what is wrong with it to stderr, a line each: `path:line:column: text`.
 * 0, or -1. */
int policy_command_read(struct policy *policy, struct arena *arena, const char *path, int today);

#endif
