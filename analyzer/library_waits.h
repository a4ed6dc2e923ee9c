/* SPDX-License-Identifier: MIT
 *
 * What Python's standard library waits for in the program's name: asyncio's loop to be woken, a
 * pool's worker to be done.
 */
#ifndef SHUNT_LIBRARY_WAITS_H
#define SHUNT_LIBRARY_WAITS_H

#include "build.h"

/* Fills `library_wait` of the process's sites. */
void library_waits_fill(struct source *source);

#endif
