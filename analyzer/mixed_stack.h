/* SPDX-License-Identifier: MIT
 *
 * The stack under a call that Python code made: Python frames and native ones, each native frame
 * under the Python frame that called it.
 */
#ifndef SHUNT_MIXED_STACK_H
#define SHUNT_MIXED_STACK_H

#include "build.h"

/* Fills site->stack from the chain of a context; nothing if there is no Python frame. */
void mixed_stack_fill(const struct source *source, struct report_site *site, uint32_t context);

#endif
