/* SPDX-License-Identifier: MIT
 *
 * Reads /proc/PID/task/TID/schedstat and stat (proc(5), and Documentation/scheduler/sched-stats).
 */
#include "sampler_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

static int open_file(pid_t pid, pid_t tid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int sampler_proc_open(struct sampler_proc *proc, pid_t pid, pid_t tid)
{
    proc->stat = -1;
    proc->schedstat = open_file(pid, tid, "schedstat");
    if (proc->schedstat >= 0)
        proc->stat = open_file(pid, tid, "stat");
    if (proc->stat >= 0)
        return 0;
    int error = proc->schedstat < 0 ? proc->schedstat : proc->stat;
    sampler_proc_close(proc);
    return error;
}

static bool read_text(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* "PID (COMM) STATE ..."; COMM may hold blanks and parentheses. */
static bool parse_stat(char *text, struct sampler_thread *thread, uint64_t *start)
{
    uint64_t utime, stime;
    char *open = strchr(text, '(');
    char *close = strrchr(text, ')');
    if (!open || !close || close < open)
        return false;
    *close = '\0';
    snprintf(thread->name, sizeof thread->name, "%.*s", SAMPLER_NAME - 1, open + 1);
    if (sscanf(close + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
               " %*d %*d %*d %*d %*d %*d %" SCNu64,
               &utime, &stime, start) != 3)
        return false;
    uint64_t tick = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    thread->utime_ns = utime * tick;
    thread->stime_ns = stime * tick;
    *start *= tick;
    return true;
}

int64_t sampler_proc_read(const struct sampler_proc *proc, struct sampler_thread *thread)
{
    char text[1024];
    uint64_t start;
    if (!read_text(proc->schedstat, text, sizeof text) ||
        sscanf(text, "%" SCNu64 " %" SCNu64, &thread->run_ns, &thread->wait_ns) != 2)
        return -1;
    if (!read_text(proc->stat, text, sizeof text) || !parse_stat(text, thread, &start))
        return -1;
    return (int64_t)start;
}

void sampler_proc_close(struct sampler_proc *proc)
{
    if (proc->schedstat >= 0)
        close(proc->schedstat);
    if (proc->stat >= 0)
        close(proc->stat);
    proc->schedstat = proc->stat = -1;
}
