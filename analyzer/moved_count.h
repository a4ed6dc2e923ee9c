/* SPDX-License-Identifier: MIT
 *
 * How many calls a run moved to a worker: a routed run that moved none proves nothing of its route.
 */
#ifndef SHUNT_MOVED_COUNT_H
#define SHUNT_MOVED_COUNT_H

#include <stdint.h>

/* Of all traces in a directory that can be read. */
uint64_t moved_count(const char *directory);

#endif
