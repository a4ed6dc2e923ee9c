/* SPDX-License-Identifier: MIT
 *
 * Calls by which a program rations its memory while it runs: a limit of its address space, and the
 * locking of all of it. Our mapping is large and sparse, and would use up what the program allows
 * itself; so it becomes small before.
 */
#include "rations.h"

#include "lookup.h"
#include "pool.h"
#include "raw.h"
#include "taint.h"
#include "thread.h"
#include "trace.h"
#include "wrapper.h"

#include <sys/resource.h>

#define EXPORTED __attribute__((visibility("default")))

/* Looked up at start: that takes a lock that a fork child may find held. */
static __typeof__(&setrlimit) next_setrlimit;
static __typeof__(&prlimit) next_prlimit;

void rations_start(void)
{
    *(void **)&next_setrlimit = lookup_next("setrlimit");
    *(void **)&next_prlimit = lookup_next("prlimit");
}

/* After the call: until the kernel has taken it, the limit may lie in memory that cannot be read.
 * A vfork child's limit is its own, and what would become small its parent's. */
static void ration(int resource, const struct rlimit *limit)
{
    if (!limit || (!trace_sealed() && thread_is_vfork_child()))
        return;
    taint_by_limit(resource, limit->rlim_cur);
    if (resource == RLIMIT_AS || resource == RLIMIT_DATA)
        pool_shed(1);
    if (resource == RLIMIT_AS && limit->rlim_cur != RLIM_INFINITY && trace_file && !trace_sealed())
        trace_narrow(limit->rlim_cur / TRACE_ADDRESS_SHARE);
}

/* rlimit and rlimit64 are one type on x86-64. */
int wrap_setrlimit(__rlimit_resource_t resource,
                   const struct rlimit *limit) __asm__("setrlimit") EXPORTED;
int wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    if (!next_setrlimit)
        rations_start();
    int result = next_setrlimit(resource, limit);
    if (result == 0)
        ration((int)resource, limit);
    return result;
}

extern __typeof__(wrap_setrlimit) wrap_setrlimit64 __asm__("setrlimit64")
    __attribute__((alias("setrlimit"), visibility("default")));

int wrap_prlimit(pid_t pid, __rlimit_resource_t resource, const struct rlimit *limit,
                 struct rlimit *before) __asm__("prlimit") EXPORTED;
int wrap_prlimit(pid_t pid, __rlimit_resource_t resource, const struct rlimit *limit,
                 struct rlimit *before)
{
    if (!next_prlimit)
        rations_start();
    int result = next_prlimit(pid, resource, limit, before);
    if (result == 0 && (!pid || pid == raw_getpid()))
        ration((int)resource, limit);
    return result;
}

extern __typeof__(wrap_prlimit) wrap_prlimit64 __asm__("prlimit64")
    __attribute__((alias("prlimit"), visibility("default")));

/* Locked memory is resident: of ours, what is sparse must not be. */
WRAPPER(mlockall, int, (int flags))
{
    struct visit v;
    ENTER(&v, mlockall);
    guard_begin(&v, 0);
    int touches_us = trace_file && !trace_sealed();
    if (touches_us && flags & MCL_CURRENT)
        trace_narrow(0);
    int r = REAL(mlockall)(flags);
    if (touches_us && r == 0)
        thread_unlock(flags);
    guard_leave(&v, 0, r == -1, r);
    return r;
}
