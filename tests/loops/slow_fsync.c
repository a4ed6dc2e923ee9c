/* SPDX-License-Identifier: MIT
 *
 * See slow_fsync.h.
 */
#include "slow_fsync.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static __thread uint64_t wanted, took;

uint64_t slow_fsync_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void slow_fsync_set(uint64_t ns)
{
    wanted = ns;
}

uint64_t slow_fsync_took(void)
{
    return took;
}

int fsync(int fd)
{
    uint64_t start = slow_fsync_now();
    struct timespec time = {.tv_nsec = (long)wanted};
    (void)fd;
    syscall(SYS_nanosleep, &time, NULL);
    took = slow_fsync_now() - start;
    return 0;
}
