/* SPDX-License-Identifier: MIT
 *
 * Names of system calls, from the kernel's own list of numbers.
 */
#ifndef SHUNT_SYSCALL_NAMES_H
#define SHUNT_SYSCALL_NAMES_H

#include <stdint.h>

/* "unknown" for a number that the headers of the build did not have. */
const char *syscall_name(uint64_t number);

#endif
