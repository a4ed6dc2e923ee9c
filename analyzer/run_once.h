/* SPDX-License-Identifier: MIT
 *
 * One run of a program that was set up: started, watched from outside, reaped.
 */
#ifndef SHUNT_RUN_ONCE_H
#define SHUNT_RUN_ONCE_H

#include "auditor.h"
#include "launch.h"
#include "run_setup.h"
#include "sampler.h"

struct run_once {
    struct run_setup *setup;
    bool observed;
    struct launch launch;
    struct launch_end end;
    struct sampler *sampler; /* NULL: nothing is sampled */
    struct auditor auditor;
    bool audited; /* audit.json was written */
};

/* Starts it, with the library in it unless `observed` is false or setup->gap says that it cannot
 * be. 0, or the exit status of shunt run with a sentence. See launch_start for what becomes of our
 * own descriptors and signals. */
int run_once_start(struct run_once *run, struct run_setup *setup, bool observed,
                   struct error *error);

/* Returns when the program has ended and is reaped; fills in `end`, and setup->gap if it was to be
 * observed and was not. */
void run_once_wait(struct run_once *run);

/* Writes run.json into the trace directory. 0 or negative errno. */
int run_once_record(const struct run_once *run);
void run_once_release(struct run_once *run);

#endif
