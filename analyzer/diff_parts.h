/* SPDX-License-Identifier: MIT
 *
 * The steps of diff_build, in their order. Each fills its part of the model.
 */
#ifndef SHUNT_DIFF_PARTS_H
#define SHUNT_DIFF_PARTS_H

#include "diff.h"

/* Sites, loops and roles of all runs, added up by side. */
void diff_collect(struct diff *diff);

/* Sites of one side only: those that cannot be matched, and those whose call another function makes
 * now. */
void diff_match(struct diff *diff);

/* Classes, and the order that follows from them. */
void diff_judge(struct diff *diff);

/* Answer, warnings and notes. */
void diff_words(struct diff *diff);

/* The median length of a side's runs; 0 only if nothing ran. */
double diff_wall(const struct diff *diff, enum diff_when when);

/* Do two lists of names, divided by ", ", have one in common? */
bool diff_share_name(const char *names, const char *others);

/* Both sides made calls here. */
static inline bool diff_on_both(const struct diff_site *site)
{
    return site->side[DIFF_BEFORE].sum.calls && site->side[DIFF_AFTER].sum.calls;
}

#endif
