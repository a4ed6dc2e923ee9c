/* SPDX-License-Identifier: MIT
 *
 * The list of functions that only pass calls on (a program's own xread, an API layer, a whole
 * library): their callers are the owners. Names and globs, one module's or everybody's, from the
 * command line and from files. For Python the same, and what else decides who owns a call: what is
 * the application although it lies among the packages, and below which directory its modules lie.
 */
#ifndef SHUNT_WRAPPERS_H
#define SHUNT_WRAPPERS_H

#include "arena.h"
#include "error.h"

#include <stdbool.h>

enum wrapper_kind {
    WRAPPER_NATIVE,
    WRAPPER_PYTHON,      /* "python: FILE" or "python: FILE:FUNCTION" only passes calls on */
    WRAPPER_APPLICATION, /* "app: FILE", "app: FILE:FUNCTION" is the application */
    WRAPPER_ROOT         /* "root: DIRECTORY": names of modules count from there */
};

struct wrapper {
    const char *text; /* as it was given */
    enum wrapper_kind kind;
    const char *module;   /* glob for the module's file name, of Python for a file; NULL: any */
    const char *function; /* glob for the function's name; NULL: any */
    bool matched;         /* it took a function out of a recorded chain; if not, a typo? */
};

struct wrappers {
    struct wrapper *items;
    size_t count, capacity;
};

/* Adds FUNCTION or MODULE:FUNCTION, both of which may be globs (fnmatch); C++ names may be given as
 * people write them. Or, with a space after the colon, one of the kinds for Python: a FILE that
 * begins with a slash is compared with the whole name, others with the name of the module
 * ("oslo_service/loopingcall.py"); a directory stands for all below it. 0, or -1 with a sentence.
 */
int wrappers_add(struct arena *arena, struct wrappers *wrappers, const char *text,
                 struct error *error);

/* Adds those of a comma-separated list. */
int wrappers_add_list(struct arena *arena, struct wrappers *wrappers, const char *list,
                      struct error *error);

/* Adds those of a file: one a line, what follows a # is a comment. */
int wrappers_add_file(struct arena *arena, struct wrappers *wrappers, const char *path,
                      struct error *error);

/* Is this function one of them? Marks all that match. `module` is a file name without its
 * directory. */
bool wrappers_match(struct wrappers *wrappers, struct arena *arena, const char *module,
                    const char *function);

/* What the lists say of a Python function; marks all that match. */
struct wrappers_said {
    bool wrapper, application;
    const char *form; /* name of the module below a given root; NULL: none was given for it */
};
struct wrappers_said wrappers_python(struct wrappers *wrappers, const char *file, const char *form,
                                     const char *function);

#endif
