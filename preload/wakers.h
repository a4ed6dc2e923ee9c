/* SPDX-License-Identifier: MIT
 *
 * The eventfds by which workers wake parked green threads: descriptors of ours in a program that
 * does not know of them. They have high numbers, so that the program's own are the same as without
 * us; a program that closes everything does not close them; and before one is written to or read
 * it is looked at, for by ways that we do not see another file may have come under its number.
 */
#ifndef SHUNT_WAKERS_H
#define SHUNT_WAKERS_H

enum { WAKERS = 1024 };

/* The descriptor of waker `number`, made when it is first asked for; -1: there is none to be had.
 */
int waker_fd(unsigned number);

/* Makes it readable; and unreadable. Any thread. */
void waker_wake(unsigned number);
void waker_clear(unsigned number);

/* Is this the descriptor of a waker? A system call or two if it may be. */
int waker_has(int fd);

/* Another descriptor of ours, which must be close-on-exec: gives it a high number if there is one
 * left, and returns it; a negative one (none could be made) becomes -1. And closes it, unless the
 * program did and has one of its own there. */
int waker_raise(int fd);
void waker_lower(int fd);

/* This is a fork child: its wakers are made anew. Those of a child that passed fork's handlers stay
 * open, and are its parent's. */
void wakers_forget(void);

/* Takes its place before the calls that close descriptors. Constructor only; 0 or an error number.
 */
int wakers_start(void);

#endif
