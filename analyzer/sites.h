/* SPDX-License-Identifier: MIT
 *
 * Slots to sites: every (call, chain) that a process counted becomes part of one (call, owner),
 * with an id that is the same after a rebuild and on every host.
 */
#ifndef SHUNT_SITES_H
#define SHUNT_SITES_H

#include "build.h"

/* Libraries that are none of the program's: libc's own, and none at all. */
#define SITES_RESOLVER    "glibc resolver"
#define SITES_STDIO       "libc stdio"
#define SITES_STANDARD    "Python library"
#define SITES_APPLICATION "application"

/* Id of a site: a hash of its three names. */
uint64_t sites_id(const char *call, const char *module, const char *function);

/* Does the id, in hexadecimal, begin with this? An empty prefix fits none. */
bool sites_has_prefix(uint64_t id, const char *prefix);

/* Fills process->sites, with uses, sums and latencies, ordered by stall, then by blocked time;
 * sites that are only idle waits come last. */
void sites_build(struct source *source);

/* Gives every site of the report the shortest prefix that tells its id from all others. */
void sites_shorten(struct report *report);

#endif
