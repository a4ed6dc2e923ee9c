/* SPDX-License-Identifier: MIT
 *
 * What routing needs of signals, in processes that were given routes and no others: the program's
 * handlers run behind a trampoline, so that a caller that waits for a worker learns that one ran
 * and whether it restarts calls; and one real-time signal ends calls on workers.
 */
#ifndef SHUNT_SIGNALS_H
#define SHUNT_SIGNALS_H

#include <stdint.h>

/* Takes a signal number from libc, puts trampolines before handlers that are there already, and
 * itself into the place of the next definitions of the sigaction family. Constructor only. 0: no
 * signal is to be had. */
int signals_start(void);

/* The number of the abort signal; 0: not started. */
int signals_abort(void);

/* What a worker blocks, as the kernel's mask: everything but the abort signal and what libc sends
 * between threads. */
uint64_t signals_worker_mask(void);

/* Does `frame` lie within the handler whose mark lies at `handler`? By the stack's order. */
int signals_is_within(const void *handler, uintptr_t frame);

#endif
