/* SPDX-License-Identifier: MIT
 *
 * Who made a system call that no recorded call was in progress for: the library whose code holds
 * the instruction, or, where that is libc, the function by which libc was entered and who called
 * it. Stacks are followed with libdw from outside; the answer for a stack is kept.
 */
#ifndef SHUNT_AUDIT_ORIGIN_H
#define SHUNT_AUDIT_ORIGIN_H

#include "audit_image.h"

/* Sets why, entry, library and caller of the key for thread `tid`, which is stopped at the system
 * call. */
void audit_origin_find(struct audit_image *image, const struct audit_place *place, pid_t tid,
                       uintptr_t ip, uintptr_t sp, struct audit_key *key);

#endif
