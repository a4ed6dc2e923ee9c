/* SPDX-License-Identifier: MIT
 *
 * Switches processes off and on while they run, by the control page of their traces: off is
 * everything in place and nothing observed, from each thread's next call on.
 */
#ifndef SHUNT_SWITCH_H
#define SHUNT_SWITCH_H

#include "error.h"

#include <stdbool.h>

/* Traces of processes that did not come to a regular end. */
struct switched {
    unsigned changed;
    unsigned already; /* it was so */
};

/* Adds one trace file. -1 with a sentence, also for a file that is no trace of a version that we
 * know. */
int switch_trace(const char *path, bool off, struct switched *switched, struct error *error);

/* All traces in a directory, and the processes that will begin to write there. -1 with a sentence.
 */
int switch_directory(const char *directory, bool off, struct switched *switched,
                     struct error *error);

#endif
