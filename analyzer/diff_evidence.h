/* SPDX-License-Identifier: MIT
 *
 * What the runs say about one measure of a site: how long its calls take, how often it makes them.
 */
#ifndef SHUNT_DIFF_EVIDENCE_H
#define SHUNT_DIFF_EVIDENCE_H

#include "diff.h"

#define EVIDENCE_CALLS_LEAST 20u /* a side, for a median */

enum outcome {
    OUTCOME_SAME,
    OUTCOME_UNSURE, /* it differs, by what equal runs may differ by */
    OUTCOME_LARGE,  /* see DIFF_LARGE */
    OUTCOME_FIRM    /* see DIFF_FIRM */
};

/* Two sides of one measure. */
struct evidence {
    enum diff_measure measure;
    const char *per; /* see diff_site */
    double value[DIFF_SIDES];
    double p;
    enum outcome outcome;
};

/* After to before; 0 if there was nothing before. */
double evidence_ratio(const double value[DIFF_SIDES]);

/* Calls with a known latency on the side that has fewer. */
uint64_t evidence_calls(const struct diff_site *site);

/* Fills in site->p: the test of its calls, or with several runs of their medians. */
void evidence_test(struct diff *diff, struct diff_site *site);

/* For a site that both sides have, once site->false_rate is known. */
struct evidence evidence_latency(struct diff *diff, const struct diff_site *site,
                                 enum diff_measure measure);
struct evidence evidence_frequency(struct diff *diff, const struct diff_site *site);

/* Do the values of three runs a side or more lie apart, by at least `strict` times the widest range
 * that either side has in itself (1 or 2; in logarithms)? Sorts them. False when there are fewer,
 * or values of 0. */
bool evidence_apart(double *before, unsigned before_count, double *after, unsigned after_count,
                    unsigned strict);

#endif
