/* SPDX-License-Identifier: MIT
 *
 * How much of the program's waiting the trace explains, and what is known to be unseen. Time inside
 * calls is compared with the time each thread was off the CPU without waiting for one, which only
 * `shunt run` can measure, from outside.
 */
#ifndef SHUNT_COMPLETENESS_H
#define SHUNT_COMPLETENESS_H

#include "build.h"

/* Fills `saw`, the gaps, the losses and the notes of the process. Threads that were hardly ever off
 * the CPU are left out: there is nothing to explain. */
void completeness_fill(struct source *source);

#endif
