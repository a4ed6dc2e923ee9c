/* SPDX-License-Identifier: MIT
 *
 * A policy handed to running processes through the control page of their trace
 * (common/trace_format.h): they copy and check it themselves, at their next call that may be
 * routed.
 */
#ifndef SHUNT_POLICY_HAND_H
#define SHUNT_POLICY_HAND_H

#include "policy_compile.h"

enum policy_handed { HANDED_WAITING, HANDED_TAKEN, HANDED_REFUSED };

/* Puts the block into the trace and raises its generation, which is returned; -1 with a sentence:
 * nothing was changed. */
int64_t policy_hand(const char *trace, const struct policy_compiled *compiled, struct error *error);

/* What a process that writes to that trace (its number as the trace has it) made of a generation;
 * for REFUSED with the fault's sentence. */
enum policy_handed policy_hand_state(const char *trace, int pid, int64_t generation,
                                     const char **why);

#endif
