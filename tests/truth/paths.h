/* SPDX-License-Identifier: MIT
 *
 * How often a test program went which way: a table of paths of one-letter functions, and what it
 * demands of the trace for each.
 */
#ifndef SHUNT_TESTS_TRUTH_PATHS_H
#define SHUNT_TESTS_TRUTH_PATHS_H

#include <string.h>

#include "truth.h"

#define KEPT  16 /* TRACE_FRAMES: what a chain keeps */
#define PATHS 8192u

struct path {
    char text[KEPT + 1]; /* innermost first */
    unsigned count;
};

/* The path as the trace keeps it: the innermost frames; the first of them is the caller of read.
 * `letters` is outermost first. */
static inline void paths_count(struct path *paths, const char *letters, unsigned depth)
{
    char text[KEPT + 1] = "";
    uint32_t hash = 2166136261u;
    for (unsigned i = 0; i < depth && i < KEPT; i++) {
        text[i] = letters[depth - 1 - i];
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    }
    unsigned at = hash % PATHS;
    while (paths[at].count && strcmp(paths[at].text, text) != 0)
        at = (at + 1) % PATHS;
    memcpy(paths[at].text, text, sizeof text);
    paths[at].count++;
}

/* Returns how many there are. */
static inline unsigned paths_tell(const struct path *paths)
{
    unsigned chains = 0;
    for (unsigned i = 0; i < PATHS; i++) {
        char chain[2 * KEPT + 1] = "";
        if (!paths[i].count)
            continue;
        chains++;
        for (unsigned j = 0; paths[i].text[j]; j++)
            sprintf(chain + 2 * j, "%c<", paths[i].text[j]);
        chain[strlen(chain) - 1] = '\0';
        truth_expect("chain read %s == %u", chain, paths[i].count);
    }
    return chains;
}

#endif
