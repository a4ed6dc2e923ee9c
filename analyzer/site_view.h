/* SPDX-License-Identifier: MIT
 *
 * One site over all processes that have it: found by the beginning of its id, and added up.
 */
#ifndef SHUNT_SITE_VIEW_H
#define SHUNT_SITE_VIEW_H

#include "detail.h"

#define SITE_VIEW_TARGETS 16u

struct site_view {
    const struct report_site *site; /* as in the process where it matters most */
    const struct report_process *process;
    struct site_view_in {
        const struct report_site *site;
        const struct report_process *process;
    } * in; /* most stall first */
    unsigned count;

    struct report_sums sums;
    uint64_t max_when_ns; /* since the process began in which it was */
    uint64_t stalled_turns, errors, again, interrupted, no_timeout, idle_calls, idle_ns;
    struct report_pending pending;
    struct report_moved moved;
    struct report_rollout rollout; /* of processes with the clock of `process` */
    enum noise noise;              /* what the idle ones are */
    uint64_t loops_stall_ns;       /* of the loops of those processes, in all */
    int last_error;
    bool histogram_known; /* false: none, or clocks too different to be added up */
    bool histogram_shared;
    struct histogram histogram;
    uint64_t p50_ns, p99_ns;

    struct report_place places[DETAIL_PLACES]; /* most time first */
    unsigned place_count;
    bool more_places;
    struct report_target targets[SITE_VIEW_TARGETS]; /* most blocked first */
    unsigned target_count;
    bool more_targets, events_overwritten;
    struct report_event longest[REPORT_EVENTS];
    unsigned longest_count;
};

/* The site whose id begins with `prefix`. -1 with a sentence when none or several do. The report
 * must have been built with that prefix. */
int site_view_build(struct site_view *view, struct report *report, const char *prefix,
                    struct error *error);

#endif
