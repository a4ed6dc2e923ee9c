/* SPDX-License-Identifier: MIT
 *
 * The clock of the trace: the cycle counter where it is invariant, CLOCK_MONOTONIC elsewhere, and
 * no clock at all once the process has given up the right to read one (seccomp strict mode and
 * PR_TSC_SIGSEGV make rdtsc fatal).
 */
#ifndef SHUNT_CLOCK_H
#define SHUNT_CLOCK_H

#include "arch_x86_64.h"
#include "hot.h"
#include "trace_format.h"

/* enum trace_clock_kind, or 0: not started; and CLOCK_FORBIDDEN for each who may have given up the
 * right. Written at start and when rights are given up. */
enum { CLOCK_FORBIDDEN = 1 << 8 };
extern uint32_t clock_kind HOT_FIRST;

/* May the clock be read? */
static inline int clock_is_here(void)
{
    return clock_kind && clock_kind < CLOCK_FORBIDDEN;
}

/* The general form of clock_now; 0 without a clock, and while that may yet be refused, the time at
 * which it was asked for. Any thread, any signal context. */
uint64_t clock_read(void);

/* Ticks. Any thread, any signal context. */
static inline uint64_t clock_now(void)
{
    return __builtin_expect(clock_kind == TRACE_CLOCK_TSC, 1) ? arch_cycles() : clock_read();
}

/* Chooses the clock and takes the first triple. Constructor only. */
void clock_start(struct trace_clock *first);

/* Measures the tick rate against the first triple; the longer after clock_start, the better. */
void clock_calibrate(const struct trace_clock *first);

/* Ticks of a time in nanoseconds, after clock_calibrate. */
uint64_t clock_ticks(uint64_t nanoseconds);

/* Cost of one clock_now, in 1/16 tick; takes a few microseconds. */
uint64_t clock_cost_x16(void);

/* Reads all clocks at one instant. Needs a clock. */
void clock_triple(struct trace_clock *triple);

/* Nanoseconds of CPU time of the calling thread, 0 without a clock. */
uint64_t clock_thread_cpu(void);

/* A number that changes when the calling thread gives its CPU away to wait (ru_nvcsw of
 * getrusage(2)), and not when another takes it. 0: not known. */
uint64_t clock_thread_sleeps(void);

/* No clock from now on: before a call that makes reading one fatal. After it, the kernel having
 * refused, one reason less; or having agreed: there will be no clock again. */
void clock_forbid(void);
void clock_allow(void);
void clock_gone(void);

#endif
