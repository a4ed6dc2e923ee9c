/* SPDX-License-Identifier: MIT
 *
 * The word that somebody may have meant: for "did you mean".
 */
#ifndef SHUNT_NEAREST_H
#define SHUNT_NEAREST_H

/* While words are offered one by one; begin with .word and zeros. */
struct nearest {
    const char *word; /* as it was written */
    const char *best; /* NULL: none is near */
    unsigned edits;
};

/* Keeps `candidate` if it is nearer than what was offered before: at most two edits from the word,
 * fewer for short words, or a continuation of it. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
