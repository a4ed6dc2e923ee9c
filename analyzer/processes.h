/* SPDX-License-Identifier: MIT
 *
 * The processes of a trace file (the first, and fork children that went on in it) and their
 * threads, put into the model: names, spans, states, sums.
 */
#ifndef SHUNT_PROCESSES_H
#define SHUNT_PROCESSES_H

#include "build.h"

/* Finds the processes that wrote to the file. Returns their number; *sources lives in the arena. */
unsigned processes_find(struct build *build, const struct reader *reader,
                        const struct run_info *run, struct source **sources);

#endif
