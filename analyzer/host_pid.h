/* SPDX-License-Identifier: MIT
 *
 * A process of a trace as this machine numbers it. A trace holds the pids that the program sees,
 * and in a pid namespace those are others: the 1 of a container is not the 1 of /proc here.
 */
#ifndef SHUNT_HOST_PID_H
#define SHUNT_HOST_PID_H

#include <stdint.h>
#include <sys/types.h>

/* Who wrote a trace file, as far as it says itself. */
struct host_file {
    ino_t inode;
    pid_t pid;      /* of the file's first process, as that sees it */
    uint64_t start; /* field 22 of its /proc/PID/stat; 0: not known */
};

/* The pid here of the process that sees itself as `pid` and writes to the file; 0: there is none
 * (any more), or it cannot be told. */
pid_t host_pid_find(const struct host_file *file, pid_t pid);

/* The same for a thread of it, whose process sees itself as `pid` and is `host` here. */
pid_t host_tid_find(pid_t host, pid_t pid, pid_t tid);

#endif
