/* SPDX-License-Identifier: MIT
 *
 * Known noise: waits that hold nobody up, kept out of rankings and sums and listed apart with their
 * count. A loop's idle wait is found by loops.h's rules; here are the others: waits for an
 * interpreter's lock or an allocator's, workers that wait for their next job, timers' threads.
 *
 * Two kinds of knowledge: rules that go by names (noise_rules.c), and one that needs none. A thread
 * that keeps coming back to one place near its start, and is blocked nowhere further out, waits
 * there for work.
 */
#ifndef SHUNT_NOISE_H
#define SHUNT_NOISE_H

#include "build.h"

/* Finds where each thread waits for its next job. Before sites are built. */
void noise_begin(struct source *source);

/* What a slot's calls are: NOISE_NONE if they matter. */
enum noise noise_of(const struct source *source, const struct source_thread *thread,
                    const struct trace_slot *slot);

/* Takes noise out of the sums of threads and process and lists it: process->noise. After sites are
 * built. */
void noise_fill(struct source *source);

const char *noise_name(enum noise noise);     /* for programs: "idle_worker" */
const char *noise_words(enum noise noise);    /* for people: "workers waiting for their next job" */
const char *noise_headline(enum noise noise); /* the verdict on a site that is nothing else */

#endif
