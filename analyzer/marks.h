/* SPDX-License-Identifier: MIT
 *
 * Marks of a run: copies of what its traces counted at some instant, taken from outside while it
 * ran. DIR/marks/N/ holds mark.json (text, clocks, what the kernel said of the threads) and a
 * sparse copy of each trace without its ring of events. They need nothing from the program.
 */
#ifndef SHUNT_MARKS_H
#define SHUNT_MARKS_H

#include "arena.h"
#include "error.h"
#include "run_info.h"

#include <stdbool.h>
#include <stdint.h>

#define MARKS_DIRECTORY "marks"

struct mark {
    unsigned number; /* from 1 */
    const char *text;
    const char *path; /* of its directory */
    uint64_t realtime_ns, monotonic_ns;
};

/* One trace as a mark has it. */
struct mark_trace {
    const char *name; /* file name, in the run's directory and in the mark's */
    uint64_t ticks;   /* of its clock, when the copy was begun */
};

/* All of a mark, for a report that starts or ends there. */
struct mark_content {
    struct mark_trace *traces;
    unsigned trace_count;
    const struct run_info *threads; /* what was seen from outside at that time */
};

struct marks {
    struct mark *items; /* by number */
    unsigned count;
};

/* The marks of a run's directory; damaged ones are left out. */
struct marks marks_list(struct arena *arena, const char *directory);

/* The mark with this text, or with this number. NULL with a sentence that lists those there are. */
const struct mark *marks_find(struct arena *arena, const struct marks *marks, const char *wanted,
                              const char *directory, struct error *error);

/* Reads the rest of a mark. 0, or -1 with a sentence. */
int marks_read(struct arena *arena, const struct mark *mark, struct mark_content *content,
               struct error *error);

/* Ticks of a trace in it; 0: the trace did not exist at that time. */
uint64_t marks_ticks(const struct mark_content *content, const char *name);

/* Takes a mark now. Refused, with a sentence, when no process of the run is alive, or the text is
 * empty, a number, or taken. 0 with the new mark, or -1. */
int marks_take(struct arena *arena, const char *directory, const char *text, struct mark *mark,
               struct error *error);

#endif
