/* SPDX-License-Identifier: MIT
 *
 * The two files of /proc that say what a thread did, kept open between samples.
 */
#ifndef SHUNT_SAMPLER_PROC_H
#define SHUNT_SAMPLER_PROC_H

#include "sampler.h"

struct sampler_proc {
    int schedstat; /* -1: not open */
    int stat;
};

/* 0 or negative errno; on error nothing is open. */
int sampler_proc_open(struct sampler_proc *proc, pid_t pid, pid_t tid);

/* Fills in name, run, wait, utime and stime; the return value is the thread's start in ns of
 * CLOCK_BOOTTIME, a multiple of the kernel's clock tick. Negative: the thread is gone. */
int64_t sampler_proc_read(const struct sampler_proc *proc, struct sampler_thread *thread);

void sampler_proc_close(struct sampler_proc *proc);

#endif
