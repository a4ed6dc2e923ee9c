/* SPDX-License-Identifier: MIT
 *
 * Loops: threads with one recurring wait point. What they could not do while a turn lasted, and
 * which sites it lasted for.
 */
#ifndef SHUNT_LOOPS_H
#define SHUNT_LOOPS_H

#include "build.h"

/* Before sites are built: gives each thread that is a loop its report_loop. */
void loops_begin(struct source *source);

/* After sites are built: stalls, timeline, worst turns, sites by stall; process->loops. */
void loops_fill(struct source *source);

#endif
