/* SPDX-License-Identifier: MIT
 *
 * The directory that one run writes its traces to: its name, its making, and which traces in it
 * shook hands.
 */
#ifndef SHUNT_TRACE_DIR_H
#define SHUNT_TRACE_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define TRACE_DIR_DEFAULT "shunt.out"

struct trace_dir {
    char path[PATH_MAX]; /* absolute */
    bool created;        /* by us: may be removed if nothing was started */
};

/* Makes the directory that `name` says: NULL is the default, which moves on to shunt.out.1, .2 ...
 * when it holds traces; an explicit name that holds traces is refused with -EEXIST. In a name %p is
 * our pid, %h the host, %e the program's name, %% a percent sign. Mode 0700, or 01733 when shared;
 * a directory that was there keeps its mode. -EINVAL: an unknown % in the name; other errors as of
 * mkdir(2) and access(2). On error `path` names what was tried. */
int trace_dir_make(struct trace_dir *dir, const char *name, const char *program, bool shared);

/* Takes back what trace_dir_make made, if it is still empty. */
void trace_dir_unmake(const struct trace_dir *dir);

/* Does a file of this name hold a trace or a run record? */
bool trace_dir_is_trace(const char *name);

enum handshake {
    HANDSHAKE_NONE,       /* no trace of the process */
    HANDSHAKE_UNFINISHED, /* the library began and did not get to its end */
    HANDSHAKE_DONE
};

/* How far the library came in process `pid`; with pid 0 in any process. */
enum handshake trace_dir_handshake(const struct trace_dir *dir, pid_t pid);

#endif
