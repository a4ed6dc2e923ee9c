/* SPDX-License-Identifier: MIT
 *
 * Which names of a module's code a policy asks about, so that the rest of it need not be read.
 */
#ifndef SHUNT_POLICY_INTEREST_H
#define SHUNT_POLICY_INTEREST_H

#include "policy.h"

struct policy_interest {
    const char **functions; /* patterns */
    const char **sources;   /* patterns, without lines */
    unsigned function_count, source_count;
};

/* What the rules and wrappers ask of a module of that name, or of the other (NULL: it has one). */
void policy_interest_find(struct policy_interest *interest, struct arena *arena,
                          const struct policy *policy, const char *module, const char *also);

/* Is the function asked for, by the name that symbols have, without the compiler's suffixes, or as
 * people write it? `arena` is for C++ names. */
bool policy_interest_function(const struct policy_interest *interest, struct arena *arena,
                              const char *name);
bool policy_interest_source(const struct policy_interest *interest, const char *path);

/* Does the pattern mean the module? */
bool policy_module_matches(const char *pattern, const char *name, const char *also);

/* Is `name` what the pattern means, be it as it stands or as people write it? */
bool policy_name_matches(struct arena *arena, const char *pattern, const char *name);

/* "aof.c:10-20" into its file and lines; 0 and 0 without any. */
const char *policy_source_split(struct arena *arena, const char *text, unsigned *first,
                                unsigned *last);

/* An entry of `frames` into module and function; NULL for what it leaves out. Both are NULL for
 * "...", the function alone for MODULE:*. */
void policy_frame_split(struct arena *arena, const char *text, const char **module,
                        const char **function);

#endif
