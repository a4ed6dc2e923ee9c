/* SPDX-License-Identifier: MIT
 *
 * A few steps of ours that no signal handler of the program's comes in between, nor a cancellation:
 * it could make calls there, or jump out and never return. What a thread does to itself (SIGSEGV
 * and its like) is let through, and so is always what libc's setuid sends: with a lock held, it
 * waits for every thread. Nesting is fine.
 */
#ifndef SHUNT_MASK_H
#define SHUNT_MASK_H

#include "raw.h"
#include "trace.h"

#include <signal.h>

#define MASK_SIGNAL(number) (1ull << ((number)-1))

enum { MASK_CANCEL = 32, MASK_SETXID = 33 }; /* glibc's internal-signals.h */

/* All but what `open` has. Returns what mask_end is to be given; ~0: nothing was masked, for after
 * a filter of the program's no system call is made. */
static inline uint64_t mask_all_but(uint64_t open)
{
    uint64_t before = ~0ull, most = ~(open | MASK_SIGNAL(MASK_SETXID));
    if (!trace_sealed())
        arch_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&most, (long)&before, sizeof most, 0, 0);
    return before;
}

static inline uint64_t mask_begin(void)
{
    return mask_all_but(MASK_SIGNAL(SIGSEGV) | MASK_SIGNAL(SIGBUS) | MASK_SIGNAL(SIGILL) |
                        MASK_SIGNAL(SIGFPE) | MASK_SIGNAL(SIGTRAP) | MASK_SIGNAL(SIGSYS));
}

static inline void mask_end(uint64_t before)
{
    if (before != ~0ull)
        arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
}

#endif
