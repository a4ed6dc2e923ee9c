/* SPDX-License-Identifier: MIT
 *
 * Switches processes off and on while they run, by the control page of their traces: off is
 * everything in place and nothing observed, from each thread's next call on.
 */
#ifndef SHUNT_SWITCH_H
#define SHUNT_SWITCH_H

#include "error.h"

#include <stdbool.h>

/* One trace file. 1 if that changed anything, 0 if it was so already; -1 with a sentence, also for
 * a file that is no trace of a version that we know. */
int switch_trace(const char *path, bool off, struct error *error);

/* All traces in a directory, and the processes that will begin to write there. The number of traces
 * that changed, or -1 with a sentence. */
int switch_directory(const char *directory, bool off, struct error *error);

#endif
