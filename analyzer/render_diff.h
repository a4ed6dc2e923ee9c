/* SPDX-License-Identifier: MIT
 *
 * The renderers of a comparison. They write to a stream and decide nothing.
 */
#ifndef SHUNT_RENDER_DIFF_H
#define SHUNT_RENDER_DIFF_H

#include "diff.h"

#include <stdio.h>

struct render_diff_options {
    unsigned top; /* sites of a class to list */
    bool color;
};

typedef int render_diff_fn(struct diff *diff, const struct render_diff_options *options, FILE *out,
                           struct error *error);

/* A page of 80 columns, what matters most first. */
render_diff_fn render_diff;

/* Everything, as docs/schema/shunt.diff-1.schema.json says. */
render_diff_fn render_diff_json;

#endif
