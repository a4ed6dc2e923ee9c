/* SPDX-License-Identifier: MIT
 *
 * Where a frame ends, by the unwind information of its code (.eh_frame; Linux Standard Base, and
 * DWARF 5, 6.4): only as much of it as tells what the unwinder will read next. libgcc trusts what
 * it finds on a stack; on one that a program copies about (greenlet) that may be anything.
 */
#ifndef SHUNT_CFI_H
#define SHUNT_CFI_H

#include <stdint.h>

enum cfi_kind {
    CFI_UNKNOWN,   /* no unwind information here, or more than is read here */
    CFI_END,       /* register + offset */
    CFI_INDIRECT,  /* what lies at register + offset */
    CFI_OUTERMOST, /* no caller */
    CFI_TRAMPOLINE /* made by the kernel for a signal handler */
};

struct cfi_rule {
    enum cfi_kind kind;
    unsigned reg; /* DWARF number */
    int64_t offset;
};

/* The rule at a return address, from what libgcc's _Unwind_Find_FDE found for it: the frame
 * description, and where the function begins. No system call, no lock; any context. */
struct cfi_rule cfi_rule(const void *fde, uintptr_t function, uintptr_t ip);

#endif
