/* SPDX-License-Identifier: MIT
 *
 * signalfd, which never waits and is not measured. What reads or polls such a descriptor takes the
 * signals of the thread that does it: a process that has one is treated with more care.
 */
#include "lookup.h"
#include "taint.h"

#include <signal.h>

typedef int signalfd_function(int fd, const sigset_t *mask, int flags);

int wrap_signalfd(int fd, const sigset_t *mask, int flags) __asm__("signalfd")
    __attribute__((visibility("default")));
int wrap_signalfd(int fd, const sigset_t *mask, int flags)
{
    static void *next;
    __atomic_store_n(&taint_signalfd, 1, __ATOMIC_RELAXED);
    return ((signalfd_function *)lookup_next_once(&next, "signalfd"))(fd, mask, flags);
}
