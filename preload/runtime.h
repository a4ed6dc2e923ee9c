/* SPDX-License-Identifier: MIT
 *
 * The green runtimes of this process: those that registered (include/shunt.h) and the adapters that
 * are part of the library; runtime.c has the list.
 *
 * A call is made green in steps, on the caller's thread and stack: `refuse`, `enter`, then any
 * number of `wait`, then `leave`. Between `enter` and `leave` the runtime may hold what it needs to
 * switch (Python: the GIL and the thread's pending exception put aside). Other green threads of the
 * thread run inside `wait`: nothing of a `__thread` variable survives it.
 */
#ifndef SHUNT_RUNTIME_H
#define SHUNT_RUNTIME_H

#include "guard.h"

#include <stdint.h>

enum { RUNTIMES = 8 };

struct runtime {
    char name[16];

    /* Why the calling thread's call cannot be parked, as far as can be told without side effects:
     * enum trace_reason; REASON_NONE: try `enter`. About 50 ns; errno may change. NULL: what
     * `current` says. */
    int (*refuse)(const struct visit *v);

    /* Prepares to park the current green thread. REASON_NONE: `leave` must follow; else why not,
     * and nothing is left to undo. */
    int (*enter)(void);

    /* As shunt_runtime.wait. */
    int (*wait)(int fd, short events, int64_t timeout);

    /* Undoes `enter`. `interrupted`: a wait answered SHUNT_INTERRUPTED; what interrupted it (a
     * Timeout, a kill) is delivered to the green thread now that its call is over. */
    void (*leave)(int interrupted);

    /* As shunt_runtime.current, where there is no `refuse`. */
    void *(*current)(void);
};

/* The runtime that the calling thread's green thread belongs to, NULL if none has one there.
 * *reason: why not (enum trace_reason). Cheap; errno may change. */
const struct runtime *runtime_here(const struct visit *v, int *reason);

#endif
