/* SPDX-License-Identifier: MIT
 *
 * `shunt run --compare N`: the same command bare and observed, in pairs of alternating order, and
 * what watching it costs.
 */
#ifndef SHUNT_COMPARE_H
#define SHUNT_COMPARE_H

#include "run_setup.h"

#include <stdint.h>
#include <stdio.h>

#define COMPARE_PAIRS_MOST 100

enum compare_kind { COMPARE_BARE, COMPARE_OBSERVED, COMPARE_KINDS };
enum compare_measure { COMPARE_WALL, COMPARE_CPU, COMPARE_RSS, COMPARE_MEASURES };

/* One run, as its runner (see compare.c) saw it. */
struct compare_run {
    int trouble; /* exit status of shunt run if it could not be started; `error` says why */
    struct error error;
    int exit_status, signal;          /* of the command; see launch_end */
    uint64_t value[COMPARE_MEASURES]; /* ns; ns of user and system time; bytes */
    uint64_t output[2];               /* hashes of stdout and stderr */
    char gap[1024];                   /* an observed run that was not observed: why */
};

struct compare {
    struct run_setup *setup;
    unsigned pairs;           /* wanted */
    unsigned done;            /* complete */
    unsigned runs;            /* all that ended, the warm-up included */
    int interrupted;          /* the signal that stopped it; 0 none */
    struct compare_run first; /* the warm-up, bare */
    struct compare_run pair[COMPARE_PAIRS_MOST][COMPARE_KINDS];
};

/* Makes the runs; setup was made, and the command can be observed. 0, or an exit status with a
 * sentence. With a signal it stops after the run that was on its way, which does not count. */
int compare_make(struct compare *compare, struct error *error);

/* The table, and what else there is to say. */
void compare_print(const struct compare *compare, FILE *out);

/* Did all runs end alike? */
bool compare_agrees(const struct compare *compare);

#endif
