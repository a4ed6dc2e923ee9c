/* SPDX-License-Identifier: MIT
 *
 * Whole traces for tests: a server whose loop waits for the disk, a program of plain threads, a
 * shell with many children, worker threads with one loop, a server before and after a change. The
 * same bytes every time, but for offsets into the sample program.
 */
#ifndef SHUNT_SAMPLES_H
#define SHUNT_SAMPLES_H

#include "trace_builder.h"

#include <stdbool.h>

/* Finds the labels and build id of the sample program at `path`. 0, or -1. */
int samples_open(const char *path);

/* A frame at one of its labels ("app_at_sync"), as contexts want it. */
uint64_t samples_frame(uint16_t module, const char *label);

/* Adds it to a trace. */
uint16_t samples_module(struct builder *b);

/* The chain of these labels, innermost first, NULL at the end. */
uint32_t samples_context(struct builder *b, uint16_t module, const char *const *labels);

/* A slot with a histogram that counted. */
uint32_t samples_counted(struct builder *b, enum call_id call, uint32_t context, uint64_t count,
                         uint64_t ns);

/* All its time lies in stalled turns. */
void samples_stalls(struct builder *b, uint32_t slot, uint32_t turns);

/* The loop of a thread: 1000 turns in 10 s, of which `stalled` took `ns` each. */
void samples_loop(struct builder *b, uint32_t thread, uint32_t context, uint32_t slot,
                  uint64_t stalled, uint64_t ns);

/* A slot of the loop's own wait. */
uint32_t samples_idle(struct builder *b, uint32_t context);

struct builder *samples_server(void);       /* pid 880, a loop */
struct builder *samples_threads(void);      /* pid 900, no loop, two threads */
struct builder *samples_shell(void);        /* pid 1000 and 300 fork children in one file */
struct builder *samples_workers(void);      /* pid 700, four loops that wait in one place */
struct builder *samples_driver(void);       /* pid 4121, a loop held up by two libraries */
struct builder *samples_wsgi(void);         /* pid 4200, a Python service on a green runtime */
struct builder *samples_wsgi_threads(void); /* ... and on threads */
struct builder *samples_short_hub(void);    /* pid 50, a green runtime that was blocked at once */
struct builder *samples_cooperative(void);  /* pid 520, a loop whose calls never block */
struct builder *samples_locks(void);        /* pid 950, threads that wait for each other's locks */

/* One run of a server, for comparisons: each member is something that a change may change. */
struct samples_run {
    uint64_t started_s;  /* real time */
    bool sync_on_loop;   /* else on a thread of its own */
    uint64_t sleep_ns;   /* of 200 nanosleep on the loop */
    uint64_t read_ns;    /* of 2,000 read of a file */
    unsigned writes;     /* on the loop */
    unsigned lookups;    /* getaddrinfo on the loop */
    unsigned conditions; /* pthread_cond_wait of a thread of its own */
    uint8_t build;       /* of a stripped library that calls fsync */
    const char *options; /* of its command line */
};

struct builder *samples_run(const struct samples_run *run);
struct builder *samples_before(void); /* pid 600 */
struct builder *samples_after(void);

/* Writes each into a directory of its own under `directory`: server/ with a run.json, threads/,
 * shell/, workers/, driver/, locks/, wsgi/, wsgi-threads/, short-hub/, cooperative/; before/,
 * after/. 0, or -1.
 */
int samples_write(const char *directory);

#endif
