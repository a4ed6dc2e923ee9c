/* SPDX-License-Identifier: MIT
 *
 * fsync, pread and getaddrinfo that take as long as they are told to: definitions that come after
 * libshunt.so's and before libc's.
 */
#ifndef TESTS_SLOW_LIBRARY_H
#define TESTS_SLOW_LIBRARY_H

/* Calls of those may end, now and later. */
void slow_library_let(void);

/* Has one of them begun? */
int slow_library_is_called(void);

/* The other green threads run now: a thread of its own lets the calls end when it was told so, or,
 * where they cannot run because a call stops them all, some time after the call began. */
void slow_library_await_others(void);
void slow_library_others_ran(void);

#endif
