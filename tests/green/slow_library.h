/* SPDX-License-Identifier: MIT
 *
 * fsync and getaddrinfo that take as long as they are told to: definitions that come after
 * libshunt.so's and before libc's.
 */
#ifndef TESTS_SLOW_LIBRARY_H
#define TESTS_SLOW_LIBRARY_H

/* One call of those may end. */
void slow_library_let(void);

#endif
