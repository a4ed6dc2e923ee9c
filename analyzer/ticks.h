/* SPDX-License-Identifier: MIT
 *
 * Turns ticks of a trace's clock into nanoseconds, and says how far that can be trusted.
 */
#ifndef SHUNT_TICKS_H
#define SHUNT_TICKS_H

#include "reader.h"

enum ticks_quality {
    TICKS_MEASURED, /* two clock triples at least a millisecond apart, or a clock of nanoseconds */
    TICKS_START,    /* the rate measured in the program's first moments: within about 1 % */
    TICKS_ASSUMED   /* nothing to go by: a tick is taken as a nanosecond */
};

struct ticks {
    double ns_per_tick;
    enum ticks_quality quality;
    uint64_t jumps; /* triples whose rates disagreed: suspend, migration, a stepped clock */
    struct trace_clock origin;
    uint64_t last; /* ticks of the latest triple; 0 none */
};

struct ticks ticks_of(const struct reader *reader);

/* Length in nanoseconds of a number of ticks. */
uint64_t ticks_ns(const struct ticks *ticks, uint64_t count);

/* CLOCK_MONOTONIC nanoseconds of an instant, and the other way round. */
uint64_t ticks_monotonic(const struct ticks *ticks, uint64_t when);
uint64_t ticks_realtime(const struct ticks *ticks, uint64_t when);
uint64_t ticks_at(const struct ticks *ticks, uint64_t monotonic);

#endif
