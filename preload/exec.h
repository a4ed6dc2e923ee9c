/* SPDX-License-Identifier: MIT
 *
 * The exec and spawn family and libc's own spawns; see exec.c.
 */
#ifndef SHUNT_EXEC_H
#define SHUNT_EXEC_H

/* Looks up the next definitions. Constructor only. */
void exec_start(void);

#endif
