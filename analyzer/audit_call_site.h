/* SPDX-License-Identifier: MIT
 *
 * Which function the call before a return address went to. A function of libc that ends in a jump
 * to an inner one has no frame of its own on the stack; the caller's code still names it.
 */
#ifndef SHUNT_AUDIT_CALL_SITE_H
#define SHUNT_AUDIT_CALL_SITE_H

#include <stdint.h>
#include <sys/types.h>

/* The address that a stopped thread's call went to, through the program's linkage table where it
 * went there; 0: not known (a call through a register). x86-64. */
uintptr_t audit_call_site_target(pid_t tid, uintptr_t return_address);

#endif
