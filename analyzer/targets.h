/* SPDX-License-Identifier: MIT
 *
 * What the calls of a site went to: files, peers, pipes. Slots know their latest target, the event
 * ring knows more of them and for how long each blocked.
 */
#ifndef SHUNT_TARGETS_H
#define SHUNT_TARGETS_H

#include "build.h"

/* Fills the targets and patterns of the sites of some processes of one file; streams the ring once.
 */
int targets_fill(struct source *const *sources, unsigned count, struct error *error);

/* One pattern for two: "file:/a/x.aof" and "file:/b/y.aof" give "file:*.aof", "tcp:h:1" and
 * "tcp:h:2" give "tcp:h:*"; things of different kinds give "*". */
const char *targets_merge(struct arena *arena, const char *a, const char *b);

#endif
