/* SPDX-License-Identifier: MIT
 *
 * Watches the threads of a run from outside the program: what the kernel says of each thread's time
 * on the CPU and in the run queue, and in the same moment what its trace explains. Completeness is
 * made of these two; the program itself spends nothing on it.
 */
#ifndef SHUNT_SAMPLER_H
#define SHUNT_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SAMPLER_NAME 16

/* The latest sample of one thread. Kernel figures count from the thread's start. */
struct sampler_thread {
    pid_t pid;
    pid_t tid;
    char name[SAMPLER_NAME];
    uint64_t started_ns; /* CLOCK_MONOTONIC */
    uint64_t sampled_ns; /* CLOCK_MONOTONIC */
    uint64_t run_ns;
    uint64_t wait_ns; /* runnable, and another thread ran */
    uint64_t utime_ns;
    uint64_t stime_ns;
    bool has_explained;
    uint64_t explained; /* ticks of the trace's clock */
};

struct sampler;

/* Watches the traces in `dir` of the run whose first process is `pid`, forked at started_ns
 * (CLOCK_MONOTONIC). NULL: no memory, or the directory cannot be read. */
struct sampler *sampler_new(const char *dir, pid_t pid, uint64_t started_ns);

/* Takes a sample; returns the ns until the next is due: a launch_tick. Adapts to what it costs: at
 * most half a percent of a CPU. */
uint64_t sampler_tick(void *sampler);

/* The last sample, while the first process is a zombie. */
void sampler_finish(struct sampler *sampler);

/* Sampled threads by index from 0; NULL: no more. Valid until the sampler is freed. */
const struct sampler_thread *sampler_thread(const struct sampler *sampler, unsigned index);

/* Threads that could not be watched because there were too many. One that ended between two samples
 * is none of them: it merely has no figures. */
unsigned sampler_missed(const struct sampler *sampler);

/* Did the kernel keep run-queue times, or is a wait of 0 no measurement? */
bool sampler_run_queue_known(const struct sampler *sampler);

void sampler_free(struct sampler *sampler);

#endif
