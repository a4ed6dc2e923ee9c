/* SPDX-License-Identifier: MIT
 *
 * Client libraries: what waits inside them waits for a server's answer and is never a loop's idle
 * wait, however often it recurs.
 */
#ifndef SHUNT_CLIENTS_H
#define SHUNT_CLIENTS_H

#include <stdbool.h>

/* Is the module (a path or a name, NULL no) one of them? */
bool clients_has(const char *module);

#endif
