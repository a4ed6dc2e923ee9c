/* SPDX-License-Identifier: MIT
 *
 * Requests of WSGI servers: how many there were, and where the time of one goes while it has the
 * hub, or its thread.
 */
#ifndef SHUNT_REQUESTS_H
#define SHUNT_REQUESTS_H

#include "build.h"

/* Fills the process's requests. After loops_fill. */
void requests_fill(struct source *source);

#endif
