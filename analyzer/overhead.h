/* SPDX-License-Identifier: MIT
 *
 * `shunt run --compare N`: the same command bare and observed, in pairs of alternating order, and
 * what watching it costs.
 */
#ifndef SHUNT_OVERHEAD_H
#define SHUNT_OVERHEAD_H

#include "run_setup.h"

#include <stdint.h>
#include <stdio.h>

#define OVERHEAD_PAIRS_MOST 100

enum overhead_kind { OVERHEAD_BARE, OVERHEAD_OBSERVED, OVERHEAD_KINDS };
enum overhead_measure { OVERHEAD_WALL, OVERHEAD_CPU, OVERHEAD_RSS, OVERHEAD_MEASURES };

/* One run, as its runner (see overhead.c) saw it. */
struct overhead_run {
    int trouble; /* exit status of shunt run if it could not be started; `error` says why */
    struct error error;
    int exit_status, signal;           /* of the command; see launch_end */
    uint64_t value[OVERHEAD_MEASURES]; /* ns; ns of user and system time; bytes */
    uint64_t output[2];                /* hashes of stdout and stderr */
    char gap[1024];                    /* an observed run that was not observed: why */
};

struct overhead {
    struct run_setup *setup;
    unsigned pairs;            /* wanted */
    unsigned done;             /* complete */
    unsigned runs;             /* all that ended, the warm-up included */
    int interrupted;           /* the signal that stopped it; 0 none */
    struct overhead_run first; /* the warm-up, bare */
    struct overhead_run pair[OVERHEAD_PAIRS_MOST][OVERHEAD_KINDS];
};

/* Makes the runs; setup was made, and the command can be observed. 0, or an exit status with a
 * sentence. With a signal it stops after the run that was on its way, which does not count. */
int overhead_make(struct overhead *overhead, struct error *error);

/* The table, and what else there is to say. */
void overhead_print(const struct overhead *overhead, FILE *out);

/* Did all runs end alike? */
bool overhead_agrees(const struct overhead *overhead);

#endif
