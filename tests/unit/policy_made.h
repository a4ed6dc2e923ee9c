/* SPDX-License-Identifier: MIT
 *
 * Policies written in a test, and modules that never were: for what needs no file.
 */
#ifndef SHUNT_POLICY_MADE_H
#define SHUNT_POLICY_MADE_H

#include "policy_compile.h"
#include "preload/policy_eval.h"

/* Reads a policy that must be right; it lives in the arena. */
void made_policy(struct policy *policy, struct arena *arena, const char *text);

/* Compiles it; the block must be taken by its own check. */
void made_view(struct policy_view *view, struct arena *arena, const struct policy *policy,
               const struct policy_code *modules, unsigned count);

/* A module with a build id of its own. */
struct policy_code made_module(const char *name, uint8_t number, struct policy_code_range *ranges,
                               size_t count);
struct policy_loaded made_loaded(const struct policy_view *view, const struct policy_code *module,
                                 uint32_t kind);

#endif
