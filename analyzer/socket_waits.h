/* SPDX-License-Identifier: MIT
 *
 * Python's sockets with a time limit poll before they receive or send: that poll belongs to the
 * call. It is no wait for work, however often it recurs, and makes no loop of a thread.
 */
#ifndef SHUNT_SOCKET_WAITS_H
#define SHUNT_SOCKET_WAITS_H

#include "build.h"

/* Notes from where the process's sockets were used: source->sockets. */
void socket_waits_find(struct source *source);

/* Is it such a poll? The same Python line under the same callers makes both calls. */
bool socket_waits_has(const struct source *source, uint16_t call, uint32_t context);

#endif
