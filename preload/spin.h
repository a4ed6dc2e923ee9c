/* SPDX-License-Identifier: MIT
 *
 * Looking at a word for a moment before sleeping on it. Where another CPU is idle it has to wake
 * before a worker runs there, which takes longer than a short call itself, and so has the caller's
 * on the way back. A caller and a worker that are both awake need no waking: they are in step, and
 * a few looks suffice. They get in step when a caller, once, looks for as long as waking takes.
 * Tried only where waking is dear (on one CPU it is not, and whoever looks keeps the other from
 * running), calls and the pauses between them are short, and more rarely each time that it failed.
 *
 * One of these belongs to each worker; its caller and the worker both write it. An addition that is
 * lost does no harm.
 */
#ifndef SHUNT_SPIN_H
#define SHUNT_SPIN_H

#include <stdint.h>

enum spin_step { SPIN_APART, SPIN_TRYING, SPIN_IN_STEP };

struct spin {
    int32_t credit;   /* calls and pauses were short while it is positive */
    int32_t penalty;  /* short calls until it is tried again, next time that it fails */
    uint32_t step;    /* enum spin_step */
    uint64_t waking;  /* ticks until the worker ran when it slept, smoothed */
    uint64_t resting; /* ticks: since when the worker has had no call; 0 unknown */
};

/* Learns whether the process may use more than one CPU. Constructor only. */
void spin_start(void);

/* By the caller, before it posts a call. */
void spin_begin(struct spin *spin, uint64_t now);

/* By the caller, after one: how long it took until the worker ran, and the call by itself. */
void spin_end(struct spin *spin, uint64_t now, uint64_t waited, uint64_t run);

/* Look for a while where that may pay: 1 as soon as (word & bits) == value. By the worker, for its
 * next call; by the caller, for the end of this one. */
int spin_for_call(struct spin *spin, const uint32_t *word, uint32_t bits, uint32_t value);
int spin_for_end(struct spin *spin, const uint32_t *word, uint32_t bits, uint32_t value);

#endif
