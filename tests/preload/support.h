/* SPDX-License-Identifier: MIT
 *
 * What the preload's unit tests share: a trace in a directory of their own, observed without
 * wrappers. Criterion runs every test in a process of its own, so that each begins with fresh
 * state.
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <stdint.h>

struct thread;

/* Opens a trace of `size` bytes in a fresh directory that the process removes at exit. */
void trace_for_test(uint64_t size);

/* The same, and attaches the calling thread; calls of 100 us and more count as blocked. */
struct thread *thread_for_test(void);

#endif
