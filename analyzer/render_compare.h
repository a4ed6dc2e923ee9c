/* SPDX-License-Identifier: MIT
 *
 * The renderers of `shunt compare`. They read evidence from the runs that lie on disk and decide
 * nothing.
 */
#ifndef SHUNT_RENDER_COMPARE_H
#define SHUNT_RENDER_COMPARE_H

#include "compare.h"

#include <stdio.h>

struct render_compare_options {
    unsigned top; /* rows of each list */
    bool color;
};

typedef int render_compare_fn(const struct compare *compare,
                              const struct render_compare_options *options, FILE *out,
                              struct error *error);

/* A page of 80 columns: the verdict, what differs, what could not be judged, what was compared. */
render_compare_fn render_compare;

/* Everything, as docs/schema/shunt.compare-1.schema.json says. */
render_compare_fn render_compare_json;

#endif
