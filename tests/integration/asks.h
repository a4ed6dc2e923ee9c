/* SPDX-License-Identifier: MIT
 *
 * What `asks` has from a library that comes after us.
 */
#ifndef ASKS_H
#define ASKS_H

#include <poll.h>

/* The next poll after that library, which it looked up when it was loaded. */
void *library_poll(void);

#endif
