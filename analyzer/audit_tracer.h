/* SPDX-License-Identifier: MIT
 *
 * Follows a program and its children through every system call with ptrace(2), and enters each in
 * the book. The kernel is the source: nothing that our library counted goes into it.
 */
#ifndef SHUNT_AUDIT_TRACER_H
#define SHUNT_AUDIT_TRACER_H

#include "audit_image.h"

struct audit_tracer;

/* Takes hold of a process that is about to exec the program; what it does before is not counted. 0
 * or negative errno; -ENOSYS: the kernel cannot tell of system calls. */
int audit_tracer_seize(struct audit_tracer **tracer, const struct audit_place *place, pid_t pid);

/* Until the program's first process has ended. Returns how many others go on: they are let go when
 * the calling process ends. */
unsigned audit_tracer_follow(struct audit_tracer *tracer);

#endif
