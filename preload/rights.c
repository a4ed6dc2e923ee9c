/* SPDX-License-Identifier: MIT
 *
 * See rights.h.
 */
#include "rights.h"

#include "clock.h"
#include "thread.h"
#include "trace.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct rights rights_of_prctl(int option, unsigned long a)
{
    int strict = option == PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT;
    return (struct rights){.clock = strict || (option == PR_SET_TSC && a == PR_TSC_SIGSEGV),
                           .calls = option == PR_SET_SECCOMP};
}

struct rights rights_of_syscall(long number, long a, long b)
{
    if (number == SYS_prctl)
        return rights_of_prctl((int)a, (unsigned long)b);
    if (number != SYS_seccomp || a > SECCOMP_SET_MODE_FILTER)
        return (struct rights){0};
    return (struct rights){.clock = a == SECCOMP_SET_MODE_STRICT, .calls = 1};
}

/* Another thread that gives up meanwhile seals first and notes then. */
static void unseal(void)
{
    trace_unseal();
    if (trace_sealed())
        return;
    thread_note_filter(0);
    if (trace_sealed())
        thread_note_filter(1);
}

/* A vfork child runs on its parent's memory. While it is there nothing of ours may come that could
 * be punished, and nobody learns when it has gone. So its parent has given up what it gives up:
 * that is observed less from then on, and harmed by nothing. */
void rights_give_up(const struct rights *lost)
{
    if (lost->clock)
        clock_forbid();
    if (!lost->calls)
        return;
    trace_seal();
    thread_note_filter(1);
}

void rights_told(const struct rights *lost, int refused)
{
    if (lost->clock && refused)
        clock_allow();
    else if (lost->clock)
        clock_gone();
    if (lost->calls && refused)
        unseal();
}
