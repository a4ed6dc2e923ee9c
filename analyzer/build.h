/* SPDX-License-Identifier: MIT
 *
 * What the rooms that fill a report share while it is built: one trace's reader and clock, and
 * where its records went in the model.
 */
#ifndef SHUNT_BUILD_H
#define SHUNT_BUILD_H

#include "map.h"
#include "report.h"
#include "run_info.h"
#include "symbolize.h"
#include "window.h"

struct python_files;

struct build {
    struct report *report;
    struct arena *arena; /* the report's */
    const struct report_options *options;
    struct symbolizer *symbolizer;
};

/* One process of a trace file while it is built. */
struct source {
    struct build *build;
    const struct reader *reader;
    const struct run_info *run; /* NULL: the directory has none */
    struct report_process *process;
    struct ticks ticks;
    struct python_files *python; /* while sites are built */
    const struct window *window;
    struct window_trace part;
    uint64_t begin, end;   /* ticks */
    uint64_t kernel_start; /* of the process, as /proc tells it; 0 unknown */
    struct map threads;    /* key of a segment -> index into `thread` */
    struct source_thread {
        struct report_thread *thread;
        const struct trace_thread *record;
        const struct trace_wait_point *wait; /* the chosen loop's; NULL */
        const struct trace_slot *rest;       /* where it waits for its next job; NULL */
    } * thread;
    size_t thread_count, thread_capacity;
    struct map sockets; /* see socket_waits.h */
    struct map slots;   /* record id of a slot -> index into `use` */
    struct map chains;  /* source_chain of a slot -> the same */
    struct report_use **use;
    size_t use_count, use_capacity;
};

/* The thread that owns a record of a THREAD chunk; NULL when it belongs to another process. */
struct source_thread *source_thread(const struct source *source,
                                    const struct reader_cursor *cursor);

/* Is the slot the thread's own idle wait: the call its loop sleeps in? */
bool source_idle(const struct source_thread *thread, const struct trace_slot *slot);

/* What slots of all threads have in common that count the same call of the same chain. */
static inline uint64_t source_chain(uint16_t call, uint32_t context)
{
    return (uint64_t)call << 32 | context;
}

/* The use a slot was counted in; NULL unknown. */
struct report_use *source_use(const struct source *source, uint32_t slot);

/* Adds a remark on the figures to the process. */
void source_note(struct source *source, const char *text);

/* Length of a number of ticks, and the time of an instant since the process began. */
uint64_t source_ns(const struct source *source, uint64_t ticks);
uint64_t source_since(const struct source *source, uint64_t when);

#endif
