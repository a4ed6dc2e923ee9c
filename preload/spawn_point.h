/* SPDX-License-Identifier: MIT
 *
 * What a thread or green thread of Python's runs, by its outermost frames: the first function that
 * is not its runtime's own way of starting it.
 */
#ifndef SHUNT_SPAWN_POINT_H
#define SHUNT_SPAWN_POINT_H

#include <stdint.h>

/* Record id of the spawn point of a greenlet whose innermost frame is `pyframe` (record id), 0 if
 * the frames do not tell yet. */
uint32_t spawn_point_of_green(int32_t pid, uint32_t pyframe);

/* The same for a thread, whose point was known as `spawn` by its start routine alone. */
uint32_t spawn_point_of_thread(uint32_t spawn, uint32_t pyframe);

/* Is this the frame in which the hub of a green runtime waits? */
int spawn_point_is_hub(uint32_t pyframe);

#endif
