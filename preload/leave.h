/* SPDX-License-Identifier: MIT
 *
 * longjmp and its like, pthread_exit and thrd_exit; see leave.c.
 */
#ifndef SHUNT_LEAVE_H
#define SHUNT_LEAVE_H

/* Looks up the next definitions. Constructor only. */
void leave_start(void);

#endif
