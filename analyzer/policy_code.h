/* SPDX-License-Identifier: MIT
 *
 * What a policy needs to know of a module's code: which ranges of it are the functions that the
 * policy speaks of. The names are those that a report shows, for the same room makes them.
 */
#ifndef SHUNT_POLICY_CODE_H
#define SHUNT_POLICY_CODE_H

#include "error.h"
#include "policy_interest.h"
#include "symbolize.h"

/* A piece of code with the same functions all over: inlined ones first. */
struct policy_code_range {
    uint64_t start, size; /* offsets from the load bias */
    const struct symbol_frame *frames;
    unsigned count;
};

struct policy_code {
    const char *name; /* its file's */
    const char *also; /* what an executable is started as, where that differs; NULL */
    const char *path;
    uint8_t build_id[32];
    unsigned build_id_size;
    bool nameless; /* no symbols but those that it exports */
    struct policy_code_range *ranges;
    size_t range_count;
};

/* Reads the module's file; `also` may be NULL. -1 with a sentence: it cannot be read, or it has no
 * build id. */
int policy_code_read(struct policy_code *code, struct symbolizer *symbolizer, struct arena *arena,
                     const struct policy *policy, const char *path, const char *also,
                     struct error *error);

#endif
