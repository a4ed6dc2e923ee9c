/* SPDX-License-Identifier: MIT
 *
 * One record of a trace less what it held at a mark.
 */
#ifndef SHUNT_BASELINE_RECORDS_H
#define SHUNT_BASELINE_RECORDS_H

#include "trace_format.h"

/* What is subtracted from. */
struct baseline_part {
    uint64_t when;      /* ticks of the mark */
    uint64_t too_small; /* counters that held more at the mark than now: a torn copy */
};

/* 0 where `before` is more, which is counted. */
uint64_t baseline_less(struct baseline_part *part, uint64_t now, uint64_t before);

/* `now` is of the type of `before`. A type without counters stays as it is. */
void baseline_subtract_record(struct baseline_part *part, void *now,
                              const struct trace_record *before);

#endif
