/* SPDX-License-Identifier: MIT
 *
 * Spawn points: where threads are started, how many lived at a time, and what they waited for. They
 * are what a team tracks when it moves a service; see the glossary.
 */
#ifndef SHUNT_SPAWNS_H
#define SHUNT_SPAWNS_H

#include "build.h"

/* Fills the process's spawn points. After sites_build and noise_fill. */
void spawns_fill(struct source *source);

#endif
