/* SPDX-License-Identifier: MIT
 *
 * The second process behind `shunt run --audit`: it traces the program with ptrace(2), so that
 * `shunt run` stays what it is without an audit, the program's parent, and leaves audit.json beside
 * the traces. If it dies the program goes on untraced.
 */
#ifndef SHUNT_AUDITOR_H
#define SHUNT_AUDITOR_H

#include <stdbool.h>
#include <sys/types.h>

struct auditor {
    pid_t pid; /* 0: none */
    int ask;   /* the pid to trace goes in here, */
    int hear;  /* and what came of it comes back */
};

/* Starts the process; `directory` of the traces and path of libshunt.so must stay. 0 or negative
 * errno. Before anything else is opened that the program must not inherit. */
int auditor_start(struct auditor *auditor, const char *directory, const char *library);

/* A launch_hook: the auditor takes hold of the process. 0 or negative errno, as of ptrace(2). */
int auditor_seize(void *auditor, pid_t pid);

/* Waits until it has written audit.json, after the program's end. False: it did not. */
bool auditor_finish(struct auditor *auditor);

/* Ends it when nothing was started. */
void auditor_cancel(struct auditor *auditor);

#endif
