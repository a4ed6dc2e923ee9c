/* SPDX-License-Identifier: MIT
 *
 * The part of a run that a report is about: from one mark, or the start, to another, or the end.
 * Opens traces so that their counters are those of the part.
 */
#ifndef SHUNT_WINDOW_H
#define SHUNT_WINDOW_H

#include "baseline.h"
#include "marks.h"

struct window {
    const char *directory;            /* of the run */
    struct marks marks;               /* all that it has */
    const struct mark *since, *until; /* NULL: its start, its end */
    struct mark_content from, to;
};

/* One trace of it. */
struct window_trace {
    uint64_t begin, end; /* ticks; 0: the process's own */
    struct baseline_result baseline;
};

/* `since` and `until` are as a user gave them; NULL: none. 0, or -1 with a sentence. */
int window_open(struct window *window, struct arena *arena, const char *directory,
                const char *since, const char *until, struct error *error);

/* Opens the trace at `path`. 0; 1: it began after the part's end, nothing was opened; -1 with a
 * sentence. */
int window_reader(const struct window *window, struct arena *arena, const char *path,
                  struct reader **reader, struct window_trace *trace, struct error *error);

#endif
