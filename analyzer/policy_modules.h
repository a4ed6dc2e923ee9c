/* SPDX-License-Identifier: MIT
 *
 * Which modules a policy is compiled for: a program with the libraries that it needs, a library, or
 * all that a recording's processes had loaded.
 */
#ifndef SHUNT_POLICY_MODULES_H
#define SHUNT_POLICY_MODULES_H

#include "policy_code.h"

struct policy_modules {
    struct arena *arena;
    struct symbolizer *symbolizer;
    struct policy_code *items;
    unsigned count;
    size_t room;
    const char **notes; /* modules that could not be read, a sentence each */
    unsigned note_count;
    size_t note_room;
    const char **unread; /* their names: rules may ask for these all the same */
    unsigned unread_count;
    size_t unread_room;
    bool opens_more; /* a program is among them that opens libraries while it runs */
};

void policy_modules_begin(struct policy_modules *modules, struct arena *arena);
void policy_modules_end(struct policy_modules *modules);

/* Adds what `where` names: a program (found in PATH as a shell does), a library, a *.shunt file or
 * a directory of them. libc and its like are left out: they own nothing. -1 with a sentence. */
int policy_modules_add(struct policy_modules *modules, const struct policy *policy,
                       const char *where, struct error *error);

#endif
