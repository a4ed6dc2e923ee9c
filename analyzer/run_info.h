/* SPDX-License-Identifier: MIT
 *
 * run.json, which `shunt run` leaves beside the traces: what can only be seen from outside the
 * program, above all how long its threads waited for a CPU. It may be missing or damaged.
 */
#ifndef SHUNT_RUN_INFO_H
#define SHUNT_RUN_INFO_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

#define RUN_INFO_NAME "run.json"

struct run_thread {
    int pid, tid;
    const char *name;
    uint64_t started_ns, sampled_ns; /* CLOCK_MONOTONIC */
    uint64_t run_ns, wait_ns;        /* on a CPU, waiting for one */
    uint64_t stime_ns;
    bool explained_known;
    uint64_t explained_ticks;
};

struct run_gap {
    int pid;
    const char *text;
};

struct run_info {
    const char *command; /* arguments joined by spaces */
    int pid;
    uint64_t started_ns, ended_ns; /* CLOCK_MONOTONIC; ended 0: not known */
    int signal;                    /* that ended the program; 0 none */
    bool run_queue_known;
    bool audited; /* every system call held the program up: its waits say nothing */
    struct run_thread *threads;
    unsigned thread_count;
    struct run_gap *gaps;
    unsigned gap_count;
};

/* Reads DIR/run.json. NULL when there is none; *trouble then says why if it is there and cannot be
 * used, and is NULL otherwise. */
struct run_info *run_info_read(struct arena *arena, const char *directory, const char **trouble);

/* The same from a parsed object that has run.json's members, or some of them. */
struct json_t;
struct run_info *run_info_of(struct arena *arena, const struct json_t *root);

/* What was seen between two instants: the figures of `until` (or of the run's end, NULL) without
 * those of `since` (NULL: from the start). Any may be NULL; so may the result. */
const struct run_info *run_info_between(struct arena *arena, const struct run_info *run,
                                        const struct run_info *since, const struct run_info *until);

/* The thread as it was seen from outside; false if it was not. A thread that went through exec has
 * a row for each image, whose figures go on from one to the next: `explained` (ticks, by the trace)
 * tells which image is meant, and the figures of the image before are taken off. */
bool run_info_thread(const struct run_info *info, int pid, int tid, uint64_t explained,
                     struct run_thread *thread);

#endif
