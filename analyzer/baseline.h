/* SPDX-License-Identifier: MIT
 *
 * A part of a run: takes from the counters of a trace what they were in an earlier copy of it, so
 * that all rooms that follow read the part as if it were a whole run.
 */
#ifndef SHUNT_BASELINE_H
#define SHUNT_BASELINE_H

#include "reader.h"

/* Flag of a wait point, set here only: it was a loop in the whole run, whatever few turns are left.
 */
#define BASELINE_WAS_LOOP 0x8000u

struct baseline_result {
    uint64_t estimated_max; /* slots whose longest call came before: `max` is now an upper bound */
    uint64_t too_small;     /* counters that were greater before: a thread ended just then */
};

/* `before` is the copy, begun at `when` (ticks). A record is the same if it lies in the same place
 * and its chunk has the same owner; what threads that ended since had counted is taken from the
 * sums they were added to. A call that was in progress counts from `when` on. */
struct baseline_result baseline_subtract(struct reader *reader, const struct reader *before,
                                         uint64_t when);

#endif
