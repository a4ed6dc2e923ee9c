/* SPDX-License-Identifier: MIT
 *
 * What an fd is, in the words of reports and policies: "tcp:10.0.0.7:5432", "file:/var/lib/x.aof",
 * "pipe", "tty:/dev/pts/3". No contents, no arguments.
 */
#ifndef SHUNT_TARGET_H
#define SHUNT_TARGET_H

#include <stdint.h>
#include <sys/socket.h>

/* String id of the target of `fd`, looked up now (two system calls, less when it is known); 0 when
 * there is none or it cannot be told. Any thread and signal context; errno is kept. */
uint32_t target_of(int fd);

/* For a call that closes `fd`: its target if that is known already, which costs one look at a table
 * where it is not. Forgets it. */
uint32_t target_closing(int fd);

/* The same for an address that a socket is being connected to. */
uint32_t target_of_address(int fd, const struct sockaddr *address, socklen_t length);

/* 1 if a call that waits on this socket or pipe may wait for good: it is in blocking mode and has
 * no limit of its own (SO_RCVTIMEO, SO_SNDTIMEO). 0 otherwise, and where that cannot be told. */
int target_unbounded(int fd);

#endif
