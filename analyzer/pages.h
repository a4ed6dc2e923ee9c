/* SPDX-License-Identifier: MIT
 *
 * A page for each process that is asked for: all of them, one by its number, or the busiest.
 */
#ifndef SHUNT_PAGES_H
#define SHUNT_PAGES_H

#include "render_parts.h"

typedef void pages_draw_fn(struct page *page, const struct report *report,
                           const struct report_process *process,
                           const struct render_options *options);

/* Draws each, one below the other; the last, or NULL where none was asked for. */
const struct report_process *pages_each(struct page *page, const struct report *report,
                                        const struct render_options *options, pages_draw_fn *draw);

/* For a render_fn: the same on a page of its own, then what concerns all processes. */
int pages_of(struct report *report, const struct render_options *options, FILE *out,
             pages_draw_fn *draw);

#endif
