/* SPDX-License-Identifier: MIT
 *
 * See ticks.h. The rate comes from the farthest two triples: header, clock records, header.
 */
#include "ticks.h"

#define SPAN_MIN_NS 1000000u /* below, reading the clocks itself spoils the rate */
#define RATE_MIN    0.01     /* ns per tick: 100 GHz */
#define RATE_MAX    1000.0   /* 1 MHz */

/* A rate from two triples; 0 if they cannot say one. */
static double rate_between(const struct trace_clock *a, const struct trace_clock *b)
{
    if (b->ticks <= a->ticks || b->monotonic <= a->monotonic ||
        b->monotonic - a->monotonic < SPAN_MIN_NS)
        return 0;
    double rate = (double)(b->monotonic - a->monotonic) / (double)(b->ticks - a->ticks);
    return rate >= RATE_MIN && rate <= RATE_MAX ? rate : 0;
}

/* The latest triple: the header's unless it was being written, else the latest clock record. */
static struct trace_clock latest_triple(const struct reader *reader)
{
    const struct trace_header *header = reader_header(reader);
    struct trace_clock latest = {0};
    if (header->clock_seq % 2 == 0)
        latest = header->last_clock;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        if (record->type != RECORD_CLOCK)
            continue;
        const struct trace_clock *clock = &((const struct trace_clock_record *)record)->clock;
        if (clock->ticks > latest.ticks)
            latest = *clock;
    }
    return latest;
}

static double rate_at_start(const struct trace_header *header)
{
    if (header->threshold == 0 || header->threshold_ns == 0)
        return 0;
    double rate = (double)header->threshold_ns / (double)header->threshold;
    return rate >= RATE_MIN && rate <= RATE_MAX ? rate : 0;
}

struct ticks ticks_of(const struct reader *reader)
{
    const struct trace_header *header = reader_header(reader);
    struct trace_clock latest = latest_triple(reader);
    struct ticks ticks = {
        .origin = header->first_clock, .jumps = header->clock_jumps, .last = latest.ticks};
    if (header->clock == TRACE_CLOCK_MONOTONIC) {
        ticks.ns_per_tick = 1;
        ticks.quality = TICKS_MEASURED;
    } else if ((ticks.ns_per_tick = rate_between(&header->first_clock, &latest)) > 0) {
        ticks.quality = TICKS_MEASURED;
    } else if ((ticks.ns_per_tick = rate_at_start(header)) > 0) {
        ticks.quality = TICKS_START;
    } else {
        ticks.ns_per_tick = 1;
        ticks.quality = TICKS_ASSUMED;
    }
    return ticks;
}

static uint64_t from_double(double value)
{
    return value >= 1.8e19 ? UINT64_MAX : value > 0 ? (uint64_t)value : 0;
}

uint64_t ticks_ns(const struct ticks *ticks, uint64_t count)
{
    return from_double((double)count * ticks->ns_per_tick + 0.5);
}

/* `base` moved by the time between the origin and `when`, either way. */
static uint64_t moved(const struct ticks *ticks, uint64_t base, uint64_t when)
{
    if (when >= ticks->origin.ticks) {
        uint64_t later = ticks_ns(ticks, when - ticks->origin.ticks);
        return later > UINT64_MAX - base ? UINT64_MAX : base + later;
    }
    uint64_t earlier = ticks_ns(ticks, ticks->origin.ticks - when);
    return earlier > base ? 0 : base - earlier;
}

uint64_t ticks_monotonic(const struct ticks *ticks, uint64_t when)
{
    return moved(ticks, ticks->origin.monotonic, when);
}

uint64_t ticks_realtime(const struct ticks *ticks, uint64_t when)
{
    return moved(ticks, ticks->origin.realtime, when);
}

uint64_t ticks_at(const struct ticks *ticks, uint64_t monotonic)
{
    double ns = (double)monotonic - (double)ticks->origin.monotonic;
    return from_double((double)ticks->origin.ticks + ns / ticks->ns_per_tick);
}
