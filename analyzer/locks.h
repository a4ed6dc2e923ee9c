/* SPDX-License-Identifier: MIT
 *
 * Locks: which sites waited for them and who held them, and which calls blocked while their own
 * thread held one.
 */
#ifndef SHUNT_LOCKS_H
#define SHUNT_LOCKS_H

#include "build.h"

/* After sites are built: process->locks, and what sites blocked while holding. */
void locks_fill(struct source *source);

#endif
