/* SPDX-License-Identifier: MIT
 *
 * A small scheduler of green threads for tests: they run by turns on one native thread, and wait
 * for descriptors and times. Each has a stack of its own, or all share one, from which that of a
 * parked one is copied away and back, as greenlet does it.
 */
#ifndef TESTS_ROUNDS_H
#define TESTS_ROUNDS_H

#include <stdint.h>

enum { ROUNDS_MOST = 64 };

/* Before the first is made: they share one stack. */
void rounds_share_stack(void);

/* A green thread that will run `run(argument)`. */
void rounds_add(void (*run)(void *), void *argument);

/* Runs all of them to their end. */
void rounds_run(void);

/* As shunt_runtime: NULL outside green threads. */
void *rounds_current(void);
int rounds_wait(int fd, short events, int64_t timeout);

/* Lets the others run. */
void rounds_yield(void);

/* Tells libshunt.so of it, if that is there. */
void rounds_announce(void);

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t rounds_now(void);

#endif
