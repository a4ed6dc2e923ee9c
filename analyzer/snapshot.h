/* SPDX-License-Identifier: MIT
 *
 * A copy of what a trace holds at this instant, while its process goes on: the header and every
 * chunk of records, at their places, so that ids mean the same; the ring and what is free become
 * holes. Each counter is one aligned word and is whole; two of them may be a call apart.
 */
#ifndef SHUNT_SNAPSHOT_H
#define SHUNT_SNAPSHOT_H

#include "error.h"

#include <stdint.h>

/* Copies the trace `from` to the new file `to`. *ticks: of the trace's clock, when it was begun. 0,
 * or -1 with a sentence; no file is left then. */
int snapshot_take(const char *from, const char *to, uint64_t *ticks, struct error *error);

#endif
