/* SPDX-License-Identifier: MIT
 *
 * The processes of a trace file (the first, and fork children that went on in it) and their
 * threads, put into the model: names, spans, states, sums.
 */
#ifndef SHUNT_PROCESSES_H
#define SHUNT_PROCESSES_H

#include "build.h"

/* After the processes of all files are found: spans, threads and sums. `replaced`: the process went
 * on as another image (exec), which has a trace of its own. */
void processes_measure(struct source *source, bool replaced);

/* Finds the processes that wrote to the file. Returns their number; *sources lives in the arena. Of
 * `like` the reader, run, window and part are taken. */
unsigned processes_find(struct build *build, const struct source *like, struct source **sources);

#endif
