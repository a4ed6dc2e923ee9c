/* SPDX-License-Identifier: MIT
 *
 * To be preloaded: a disk whose fdatasync and fsync take SLOW_SYNC_MS milliseconds, neither more
 * nor less.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int wait_for_disk(void)
{
    const char *text = getenv("SLOW_SYNC_MS");
    struct timespec time = {.tv_nsec = (text ? atol(text) : 0) * 1000000};
    syscall(SYS_nanosleep, &time, NULL);
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return wait_for_disk();
}

int fsync(int fd)
{
    (void)fd;
    return wait_for_disk();
}
