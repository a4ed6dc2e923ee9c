/* SPDX-License-Identifier: MIT
 *
 * See nearest.h.
 */
#include "nearest.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MOST  31u
#define EDITS_MOST 2u /* more than that are another word */

/* Edits that turn one word into the other: Levenshtein's distance, for words of up to 31 letters.
 */
static unsigned distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    unsigned row[WORD_MOST + 1];
    if (rows > WORD_MOST || columns > WORD_MOST)
        return WORD_MOST + 1;
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 1; i <= rows; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= columns; j++) {
            unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
            unsigned shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[columns];
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t length = strlen(nearest->word);
    if (length == 0)
        return;
    unsigned edits = distance(nearest->word, candidate);
    bool continued = length > 1 && strncmp(candidate, nearest->word, length) == 0;
    if (continued && edits > EDITS_MOST)
        edits = EDITS_MOST;
    if (edits > EDITS_MOST || edits >= length || (nearest->best && edits >= nearest->edits))
        return;
    nearest->best = candidate;
    nearest->edits = edits;
}
