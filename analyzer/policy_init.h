/* SPDX-License-Identifier: MIT
 *
 * A first policy from a report: a rule for each site that is not fine, at 0 %, with the evidence
 * beside it.
 */
#ifndef SHUNT_POLICY_INIT_H
#define SHUNT_POLICY_INIT_H

#include "render.h"

/* Writes the policy; options.top rules at most. */
render_fn policy_init_render;

#endif
