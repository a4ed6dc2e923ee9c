/* SPDX-License-Identifier: MIT
 *
 * What is kept of a stream or file to hold it against another run's: a hash of it under every rule,
 * taken in one pass, however large it is.
 */
#ifndef SHUNT_DIGEST_H
#define SHUNT_DIGEST_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

/* From strict to lenient. */
enum digest_rule {
    DIGEST_EXACT,    /* as it is */
    DIGEST_NUMBERS,  /* numbers count as one and the same (mask.h) */
    DIGEST_LINES,    /* the same, lines in any order */
    DIGEST_PRESENCE, /* that it is there: its content says nothing */
    DIGEST_RULES
};

extern const char *const digest_rule_names[DIGEST_RULES]; /* "exact", "numbers", ... */

struct digest {
    uint64_t hash[DIGEST_RULES]; /* of presence always 0 */
    uint64_t bytes;
};

void digest_text(struct digest *digest, const char *text);

/* 0 or negative errno. */
int digest_file(struct digest *digest, const char *path);

/* Where two files differ first, by lines. */
struct digest_difference {
    uint64_t line;   /* from 1; 0: they do not differ, or cannot be read */
    const char *one; /* the line of each, cleaned and cut; NULL: that file ended before */
    const char *another;
};

/* Under DIGEST_EXACT or DIGEST_NUMBERS; under the other rules there is no first line. */
struct digest_difference digest_difference(struct arena *arena, const char *one,
                                           const char *another, enum digest_rule rule);

#endif
