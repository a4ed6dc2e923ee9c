/* SPDX-License-Identifier: MIT
 *
 * Where the runs of `shunt compare` take place: a directory of ours with the copy that every run
 * finds at the same path, and with what each run left. It starts one run after the other, each in a
 * session of its own, ends what it leaves behind, and stops for our signals.
 */
#ifndef SHUNT_COMPARE_STAGE_H
#define SHUNT_COMPARE_STAGE_H

#include "compare.h"

#include <limits.h>
#include <signal.h>

struct compare_stage {
    const struct compare_options *options;
    struct arena *arena;
    char top[PATH_MAX]; /* absolute */
    sigset_t mask;      /* as we found it: the command gets it */
    struct sigaction child_action;
    sigset_t awaited;
    int interrupted;
};

/* 0, or an exit status with a sentence. */
int compare_stage_make(struct compare_stage *stage, struct error *error);

/* One run of run->kind; fills in the rest. With `timeout_ns` 0 it may take any time. 0, or an exit
 * status with a sentence. If a signal came, stage->interrupted says which and the run says
 * nothing. */
int compare_stage_run(struct compare_stage *stage, struct compare_run *run, uint64_t timeout_ns,
                      struct error *error);

/* Gives the signals back. */
void compare_stage_end(struct compare_stage *stage);

#endif
