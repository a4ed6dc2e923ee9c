/* SPDX-License-Identifier: MIT
 *
 * Starts the program as our child and stays out of its way: it finds the file descriptors, signal
 * mask and dispositions, timers and limits that it would have found without us. While it runs, what
 * is sent to us alone is passed on, job control works, and the terminal's signals reach it through
 * the process group as before.
 */
#ifndef SHUNT_LAUNCH_H
#define SHUNT_LAUNCH_H

#include "witness.h"

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct launch {
    pid_t pid;
    pid_t parent; /* ours, for signals that the program sends to its parent */
    uint64_t started_realtime_ns;
    uint64_t started_monotonic_ns;
    uint64_t ended_monotonic_ns; /* set by launch_wait */
    sigset_t mask;               /* ours before the start, and the program's */
    struct witness witness;
};

struct launch_end {
    int exit_status;     /* -1: a signal ended it */
    int signal;          /* 0: none */
    struct rusage usage; /* of the program and its children that it waited for */
};

/* Called while the program runs; returns the ns until it wants to be called again. */
typedef uint64_t launch_tick(void *data);

/* Called with the child's pid after the fork; the child waits for it before it becomes the program.
 * 0, or a negative errno: then the child is done away with. `tracer` is a process that the child
 * allows to trace it. */
struct launch_hook {
    int (*before)(void *data, pid_t pid);
    void *data;
    pid_t tracer;
};

/* Starts `path` with these arguments and this environment, as execvp does for a file without #!
 * too. `hook` may be NULL. 0 or negative errno: then nothing runs. Afterwards our standard input
 * and output are
 * /dev/null and every other inherited descriptor but stderr is closed, so that the program alone
 * holds them; and all signals are blocked. */
int launch_start(struct launch *launch, const char *path, char **argv, char **envp,
                 const struct launch_hook *hook);

/* Returns when the program has ended and before it is reaped: /proc still knows it. tick may be
 * NULL. */
void launch_wait(struct launch *launch, launch_tick *tick, void *data);

/* Reaps it. Our signals stay blocked: what comes now is for a program that is gone. */
struct launch_end launch_reap(struct launch *launch);

/* Ends us by the same signal, without a core file of our own. Returns only if the signal does not
 * kill. */
void launch_die_of(int signal);

#endif
