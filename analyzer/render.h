/* SPDX-License-Identifier: MIT
 *
 * The renderers: one format a file, one signature. They write to a stream and decide nothing.
 */
#ifndef SHUNT_RENDER_H
#define SHUNT_RENDER_H

#include "report.h"

#include <stdio.h>

struct render_options {
    unsigned top; /* sites to list */
    bool color;
    int pid;                 /* this process only; 0: all that were resolved */
    bool all;                /* every process in full */
    const char *site;        /* id or prefix, for render_site */
    enum report_grouping by; /* for render_group */
    const char *again;       /* arguments that lead to the same report, for NEXT; "" none */
};

typedef int render_fn(struct report *report, const struct render_options *options, FILE *out,
                      struct error *error);

/* The page, one screen for the busiest process. */
render_fn render_text;

/* Everything, as docs/schema/shunt.report-1.schema.json says. */
render_fn render_json;

/* Sums by library, target, ... of the processes that render_text would show. */
render_fn render_group;

/* Spawn points of the same processes. */
render_fn render_spawns;

/* Requests of WSGI servers in the same processes. */
render_fn render_requests;

/* What an audit found; -1 with a sentence when the run was not audited. */
render_fn render_audit;

/* All that is known of one site; -1 with a sentence when none or several have that prefix. */
render_fn render_site;

/* The same for programs, as docs/schema/shunt.site-detail-1.schema.json says. */
render_fn render_site_json;

#endif
