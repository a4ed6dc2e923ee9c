/* SPDX-License-Identifier: MIT
 *
 * The Python frames under a call, read from a trace that may be hostile, and the frame that owns
 * the call: the innermost of the application; where there is none, the one through which the
 * innermost package, or else module of the standard library, was entered.
 */
#ifndef SHUNT_PYTHON_H
#define SHUNT_PYTHON_H

#include "build.h"
#include "python_path.h"

#include <stdbool.h>

#define PYTHON_FRAMES 256u

struct python_frame {
    const struct python_path *path;
    const char *form;        /* the path's, unless the team gave a root */
    const char *name;        /* of the function: qualified from CPython 3.11 on */
    int line;                /* 0 unknown */
    int first_line;          /* of the function, if the frame was read alone; 0 unknown */
    bool from_c;             /* native frames lie between it and the frame outside it */
    enum python_layer layer; /* the path's, unless the team says otherwise */
};

struct python_chain {
    struct python_frame frames[PYTHON_FRAMES]; /* innermost first */
    unsigned count;                            /* 0: none, or not known */
    bool cut;                                  /* there are more outside */
    unsigned owner;                            /* index */
};

/* What is known of the files of one trace. */
struct python_files *python_files_new(struct arena *arena);

/* The chain of a context (a record id). It goes round in no circle, however the file was made. */
void python_chain_read(const struct source *source, uint32_t context, struct python_chain *chain);

/* A single frame, by its record id. false: there is none. */
bool python_frame_read(const struct source *source, uint32_t pyframe, struct python_frame *frame);

/* How many frames that chain has; *cut: and more. */
unsigned python_depth(const struct source *source, uint32_t context, bool *cut);

/* Does the trace tell its file and its function? */
bool python_is_named(const struct python_frame *frame);

/* Packages, wrappers and, failing these, modules of the standard library between the call and the
 * owner, outermost first, each with the line from which it went on: at most `most`; NULL none. */
const char *python_via(struct arena *arena, const struct python_chain *chain, unsigned most);

/* The outermost package between the call and the application; NULL none. */
const char *python_package(const struct python_chain *chain);

/* Whose loop waits here, if it is one: "eventlet", "gevent", "asyncio"; NULL not known. */
const char *python_runtime(const struct python_chain *chain);

/* Who called the owner, nearest first, "a < b", at most `most`; NULL nobody known. Neither
 * machinery nor a green runtime is named. */
const char *python_callers(struct arena *arena, const struct python_chain *chain, unsigned most);

#endif
