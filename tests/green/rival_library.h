/* SPDX-License-Identifier: MIT
 *
 * A library below libshunt.so whose `accept` and `read` are too late: before the call somebody else
 * takes what was there.
 */
#ifndef TESTS_RIVAL_LIBRARY_H
#define TESTS_RIVAL_LIBRARY_H

/* So many connections or events are taken away from now on. */
void rival_library_take(int things);

/* How many were. */
int rival_library_took(void);

#endif
