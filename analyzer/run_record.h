/* SPDX-License-Identifier: MIT
 *
 * run.json: what `shunt run` knows of a run that the traces cannot: how it ended, on what machine,
 * and what its threads did as seen from outside. docs/trace-format.md tells its fields.
 */
#ifndef SHUNT_RUN_RECORD_H
#define SHUNT_RUN_RECORD_H

#include "launch.h"
#include "sampler.h"

struct run_record {
    char **command;
    const struct launch *launch;
    struct launch_end end;
    const struct sampler *sampler; /* NULL: nothing was sampled */
    const char *gap;               /* NULL: none known */
    bool audited;                  /* an audit held the program up at every system call */
};

/* What was sampled, as run.json's member "threads". */
struct json_t;
struct json_t *run_record_threads(const struct sampler *sampler);

/* Writes DIR/run.json through a temporary file. 0 or negative errno. */
int run_record_write(const struct run_record *record, const char *dir);

#endif
