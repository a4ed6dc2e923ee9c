/* SPDX-License-Identifier: MIT
 *
 * What a program may say to libshunt.so, if it is there. A program that uses this header runs
 * without shunt, too: every function is looked up when it is called, and answers "not here".
 */
#ifndef SHUNT_H
#define SHUNT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_RUNTIME_VERSION 1u

/* How a wait ended. */
enum shunt_waited {
    SHUNT_READY = 1,       /* the descriptor is ready, or in error */
    SHUNT_TIMED_OUT = 0,   /* the time is over */
    SHUNT_NOT_PARKED = -1, /* nothing was done: the call runs in place */
    SHUNT_INTERRUPTED = -2 /* the runtime woke the green thread for another reason: the wait may be
                              taken up again, and is, unless the policy lets it end early */
};

/* A scheduler of green threads. All functions are called on the program's own threads, from inside
 * a libc call that one of its green threads makes, and never in a signal handler, nor while `wait`
 * of the same green thread is under way. */
struct shunt_runtime {
    uint32_t version; /* SHUNT_RUNTIME_VERSION */
    uint32_t size;    /* sizeof(struct shunt_runtime) */
    const char *name; /* for reports, at most 15 bytes; copied */

    /* The green thread that runs on the calling thread: any value but NULL that stays the same
     * while it lives. NULL: there is none, or it may not be parked now (it is the scheduler itself,
     * or holds something that the others need). Must not block or switch. */
    void *(*current)(void);

    /* Parks the current green thread and lets others run until `fd` is ready for `events` (POLLIN,
     * POLLOUT, POLLPRI as in poll(2)) or `timeout` nanoseconds went by; below 0: no limit. `fd` is
     * -1 for a wait for the time alone. It may be a descriptor of the program's or an eventfd of
     * ours, and several green threads may wait for one. Nothing of the green thread's stack is
     * touched meanwhile. Returns one of enum shunt_waited, on the same thread. */
    int (*wait)(int fd, short events, int64_t timeout);
};

/* Says that this process has such a scheduler; a copy is kept. The latest of a name counts. Any
 * thread, before or after green threads begin; not in a signal handler. 0; ENOSYS: libshunt.so is
 * not here; EINVAL: version, size, name or a function is missing; ENOSPC: 8 are known. */
int shunt_runtime_register(const struct shunt_runtime *runtime) __attribute__((weak));

static inline int shunt_runtime_announce(const struct shunt_runtime *runtime)
{
    return shunt_runtime_register ? shunt_runtime_register(runtime) : 38 /* ENOSYS */;
}

#ifdef __cplusplus
}
#endif

#endif
