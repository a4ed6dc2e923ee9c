/* SPDX-License-Identifier: MIT
 *
 * See alive.h.
 */
#include "alive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ll
#define STEPPED  10 /* s by which the clock may have been set since the trace began */

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Two boots of one machine began further apart than a clock is ever set. */
static bool same_boot(const struct trace_clock *clock)
{
    int64_t then = (int64_t)(clock->realtime - clock->boottime);
    int64_t here = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME);
    int64_t apart = then > here ? then - here : here - then;
    return clock->realtime && apart < STEPPED * NS_PER_S &&
           clock->boottime <= (uint64_t)now_ns(CLOCK_BOOTTIME);
}

/* State and start time of /proc/PID/stat; 0, or a negative errno. */
static int read_stat(int pid, char *state, uint64_t *start)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *after = strrchr(text, ')'); /* the name may hold anything */
    if (!after || sscanf(after + 1,
                         " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                         "%*d %*d %" SCNu64,
                         state, start) != 2)
        return -ESRCH;
    return 0;
}

static bool runs_another(int pid, const char *exe)
{
    char path[64], now[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t length = readlink(path, now, sizeof now - 1);
    if (!exe || !*exe || length <= 0) /* not ours to look at */
        return false;
    now[length] = 0;
    return strncmp(now, exe, strlen(exe)) != 0; /* " (deleted)" may follow */
}

enum alive alive_ask(const struct trace_clock *clock, int pid, uint64_t start, const char *exe)
{
    if (start == 0 || pid <= 0 || !same_boot(clock))
        return ALIVE_UNKNOWN;
    char state = 0;
    uint64_t found = 0;
    int error = read_stat(pid, &state, &found);
    if (error < 0)
        return error == -ENOENT || error == -ESRCH ? ALIVE_NO : ALIVE_UNKNOWN;
    return found == start && state != 'Z' && state != 'X' && !runs_another(pid, exe) ? ALIVE_YES
                                                                                     : ALIVE_NO;
}
