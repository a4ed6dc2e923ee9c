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

static void seal(int installed)
{
    thread_note_filter(installed);
    if (installed)
        trace_seal();
    else
        trace_unseal();
}

void rights_give_up(struct rights *lost)
{
    lost->before = trace_sealed();
    if (lost->clock)
        clock_forbid();
    if (lost->calls && !lost->before)
        seal(1);
}

void rights_refused(const struct rights *lost)
{
    if (lost->clock)
        clock_allow();
    if (lost->calls && !lost->before)
        seal(0);
}
