/* SPDX-License-Identifier: MIT
 *
 * What has to be known before a program is started under shunt: where it is, whether it can take
 * the library, where that is, and a directory for the traces. What can be known to fail is found
 * here.
 */
#ifndef SHUNT_RUN_SETUP_H
#define SHUNT_RUN_SETUP_H

#include "error.h"
#include "trace_dir.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct run_options {
    const char *output; /* NULL: the default name */
    uint64_t threshold_ns;
    uint64_t max_size;
    bool completeness;
    bool shared_dir;
    int compare; /* pairs of runs, bare and observed; 0: one run, observed */
    bool audit;
    bool python;             /* calls are named by Python line */
    const char *route;       /* "pool" or "green": where calls go; NULL: they stay */
    const char *route_calls; /* those of this list do, by a policy of one rule; NULL: all */
    const char *policy;      /* file of rules for which calls to move; NULL none */
};

struct run_setup {
    struct run_options options;
    char **argv;
    char path[PATH_MAX]; /* of the program */
    char *library;
    char first[32]; /* a library that has to be loaded before ours; "": none */
    struct trace_dir dir;
    char policy[PATH_MAX + 16];   /* the compiled policy, in the directory; "": none */
    char gap[2 * PATH_MAX + 256]; /* why nothing of the program can be seen; "": it can */
};

/* Fills in what follows from `options` and `argv`, which are given. 0, or the exit status of shunt
 * run with a sentence: then nothing is left behind. */
int run_setup_make(struct run_setup *setup, struct error *error);
void run_setup_release(struct run_setup *setup);

#endif
