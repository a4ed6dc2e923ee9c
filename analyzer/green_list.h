/* SPDX-License-Identifier: MIT
 *
 * The tested list: libraries whose waits were shown to be safe under route green, each with the
 * test that shows it. `shunt policy init` proposes green for these alone; any other takes it where
 * a rule of the user's asks, for state that a library keeps by thread cannot be seen from outside.
 */
#ifndef SHUNT_GREEN_LIST_H
#define SHUNT_GREEN_LIST_H

#include "policy.h"
#include "report.h"

struct green_row {
    const char *shown;   /* in reports */
    const char *library; /* as a report names it, a pattern of module names */
    const char *via;     /* what a rule has to ask for; NULL: nothing lies between */
    const char *calls;   /* words */
    bool python;         /* only calls of Python functions */
    const char *test;    /* of ctest */
};

extern const struct green_row green_list[];
extern const unsigned green_list_count;

/* The row of the library through which most of the site's time went; NULL: not on the list. */
const struct green_row *green_list_of_site(const struct report_site *site);

/* That library; NULL: nothing was counted. */
const char *green_list_library(const struct report_site *site);

/* Does the rule ask for nothing but calls of rows? */
bool green_list_covers(const struct policy_match *match);

#endif
