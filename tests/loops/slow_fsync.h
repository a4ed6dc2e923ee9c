/* SPDX-License-Identifier: MIT
 *
 * An fsync that takes a known time, in a library that comes after shunt and before libc.
 */
#ifndef TESTS_SLOW_FSYNC_H
#define TESTS_SLOW_FSYNC_H

#include <stdint.h>

/* How long the calling thread's next fsync sleeps. */
void slow_fsync_set(uint64_t ns);

/* How long the latest one took, as seen from inside. */
uint64_t slow_fsync_took(void);

uint64_t slow_fsync_now(void);

#endif
