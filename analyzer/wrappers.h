/* SPDX-License-Identifier: MIT
 *
 * The list of functions that only pass calls on (a program's own xread, an API layer, a whole
 * library): their callers are the owners. Names and globs, one module's or everybody's, from the
 * command line and from files.
 */
#ifndef SHUNT_WRAPPERS_H
#define SHUNT_WRAPPERS_H

#include "arena.h"
#include "error.h"

#include <stdbool.h>

struct wrapper {
    const char *text;     /* as it was given */
    const char *module;   /* glob for the module's file name; NULL: any */
    const char *function; /* glob for the function's name */
    bool matched;         /* it took a function out of a recorded chain; if not, a typo? */
};

struct wrappers {
    struct wrapper *items;
    size_t count, capacity;
};

/* Adds FUNCTION or MODULE:FUNCTION, both of which may be globs (fnmatch); C++ names may be given as
 * people write them. 0, or -1 with a sentence. */
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

#endif
