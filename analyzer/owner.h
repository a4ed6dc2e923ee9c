/* SPDX-License-Identifier: MIT
 *
 * From a chain of callers to its owner: the innermost function that is the application's. Under
 * Python it is a Python function (see python.h); else libc, the loader and shunt itself are no
 * owners, nor are libc's inline wrappers (`read` in bits/unistd.h), nor the wrappers that the user
 * lists. What lies between is `via`.
 *
 * Where an owner lies in a library, because nothing of the application called libc itself, the
 * library that the application called is named beside it: that is what a team would replace.
 */
#ifndef SHUNT_OWNER_H
#define SHUNT_OWNER_H

#include "build.h"
#include "python_path.h"

struct owner {
    const char *function, *module, *file;
    int line;
    bool in_main_module;
    const char *unstable; /* NULL: stable */
    const char *via;      /* NULL: called directly */
    const char *library;  /* outermost one between the call and the application's code; NULL none */
    bool python;          /* `module` is a Python module, `function` is a name within it */
    enum python_layer layer;
    const char *package; /* outermost Python package between; NULL none */
};

/* The owner of a context (a record id; 0 or anything unknown gives an owner that says so). */
struct owner owner_find(const struct source *source, uint32_t context);

/* Its module as a page shows it: an executable by the name it was started with. */
const char *owner_shown_module(const struct source *source, const struct owner *owner);

/* The functions of a chain outside libc, innermost first, as far as `most`. Names live in the
 * arena. Returns how many. */
struct owner_step {
    const char *function; /* as symbols have it, demangled; NULL: no name */
    const char *module;   /* basename; NULL: generated code */
};
unsigned owner_steps(const struct source *source, uint32_t context, struct owner_step *steps,
                     unsigned most);

/* Who called the owner, nearest first, as "a < b < c"; NULL nobody known. */
const char *owner_callers(const struct source *source, uint32_t context);

/* Who made a call at this return address, of a call whose chain was not learned yet; its function
 * is NULL if that is not known, or libc itself. */
struct owner owner_returning_to(const struct source *source, uint64_t address);

/* Whose code a single return address, as in a context, belongs to. */
struct owner owner_of_frame(const struct source *source, uint64_t frame);

/* The function itself that begins right before it, and not what was inlined at its start. */
struct owner owner_that_begins(const struct source *source, uint64_t frame);

#endif
