/* SPDX-License-Identifier: MIT
 *
 * Whole traces for tests: a server whose loop waits for the disk, a program of plain threads, a
 * shell with many children, worker threads with one loop. The same bytes every time, but for
 * offsets into the sample program.
 */
#ifndef SHUNT_SAMPLES_H
#define SHUNT_SAMPLES_H

#include "trace_builder.h"

/* Finds the labels and build id of the sample program at `path`. 0, or -1. */
int samples_open(const char *path);

/* A frame at one of its labels ("app_at_sync"), as contexts want it. */
uint64_t samples_frame(uint16_t module, const char *label);

/* Adds it to a trace. */
uint16_t samples_module(struct builder *b);

struct builder *samples_server(void);  /* pid 880, a loop */
struct builder *samples_threads(void); /* pid 900, no loop, two threads */
struct builder *samples_shell(void);   /* pid 1000 and 300 fork children in one file */
struct builder *samples_workers(void); /* pid 700, four loops that wait in one place */
struct builder *samples_driver(void);  /* pid 4121, a loop held up by two libraries */
struct builder *samples_locks(void);   /* pid 950, threads that wait for each other's locks */

/* Writes each into a directory of its own under `directory`: server/ with a run.json, threads/,
 * shell/, workers/, driver/, locks/. 0, or -1. */
int samples_write(const char *directory);

#endif
