/* SPDX-License-Identifier: MIT
 *
 * Tells a signal sent to us alone from one sent to our whole process group. The kernel does not
 * say, and the difference decides whether it is passed on: forwarding `kill %1` or `kill 0` would
 * hand it to the program twice. A witness is a small process of ours in the same group, with every
 * signal blocked: what reaches it was sent to the group.
 */
#ifndef SHUNT_WITNESS_H
#define SHUNT_WITNESS_H

#include <stdbool.h>
#include <sys/types.h>

#define WITNESS_SIGNALS 65

struct witness {
    pid_t pid; /* 0: there is none, every signal counts as ours alone */
    void *shared;
    volatile unsigned *seen; /* into shared, by signal; written by the witness */
    unsigned accounted[WITNESS_SIGNALS];
};

/* Call with all signals blocked. Without a witness (no process to be had) the run goes on. */
void witness_start(struct witness *witness);

/* Was the signal that we just took also sent to the group? Waits up to 3 ms for it. */
bool witness_saw(struct witness *witness, int signal);

void witness_stop(struct witness *witness);

#endif
