/* SPDX-License-Identifier: MIT
 *
 * See clock.h.
 */
#include "clock.h"

#include "arch_x86_64.h"
#include "lookup.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

uint32_t clock_kind HOT_FIRST = 0;

static uint64_t forbidden_at; /* ticks */
static uint32_t gone;         /* somebody has given up the right */

/* Ticks per nanosecond, times 2^RATE_BITS. No floating point: it would raise the program's
 * exception flags, and SIGFPE where the program has them trapped. */
enum { RATE_BITS = 24 };
static uint64_t rate = 1ull << RATE_BITS;

/* libc's own: under its name another preload may tell a time that stands still (libfaketime). */
static __typeof__(&clock_gettime) gettime = clock_gettime;

static void find_gettime(void)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *found = libc ? lookup_in(libc, "clock_gettime") : NULL;
    if (found)
        *(void **)&gettime = found;
}

static uint64_t nanoseconds_of(clockid_t id)
{
    struct timespec t = {0};
    gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_read(void)
{
    switch (clock_kind) {
    case TRACE_CLOCK_TSC:
        return arch_cycles();
    case TRACE_CLOCK_MONOTONIC:
        return nanoseconds_of(CLOCK_MONOTONIC);
    default:
        return __atomic_load_n(&gone, __ATOMIC_RELAXED)
                   ? 0
                   : __atomic_load_n(&forbidden_at, __ATOMIC_RELAXED);
    }
}

void clock_start(struct trace_clock *first)
{
    find_gettime();
    clock_kind = arch_cycles_invariant() ? TRACE_CLOCK_TSC : TRACE_CLOCK_MONOTONIC;
    clock_triple(first);
}

void clock_calibrate(const struct trace_clock *first)
{
    if (clock_kind != TRACE_CLOCK_TSC)
        return;
    struct trace_clock now = {0};
    do
        clock_triple(&now);
    while (now.monotonic - first->monotonic < 100000);
    rate = ((now.ticks - first->ticks) << RATE_BITS) / (now.monotonic - first->monotonic);
}

uint64_t clock_ticks(uint64_t nanoseconds)
{
    return (uint64_t)((unsigned __int128)nanoseconds * rate >> RATE_BITS);
}

uint64_t clock_cost_x16(void)
{
    enum { READS = 256 };
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 4; round++) {
        uint64_t begin = clock_now();
        for (int i = 0; i < READS; i++)
            (void)*(volatile uint64_t *)&(uint64_t){clock_now()};
        uint64_t cost = clock_now() - begin;
        best = cost < best ? cost : best;
    }
    return best * 16 / READS;
}

/* The tightest of three tries: ticks are read on both sides of the monotonic clock. */
void clock_triple(struct trace_clock *triple)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 3; i++) {
        uint64_t before = clock_now();
        uint64_t monotonic = nanoseconds_of(CLOCK_MONOTONIC);
        uint64_t width = clock_now() - before;
        if (width < best) {
            best = width;
            triple->ticks = before + width / 2;
            triple->monotonic = monotonic;
        }
    }
    triple->boottime = nanoseconds_of(CLOCK_BOOTTIME);
    triple->realtime = nanoseconds_of(CLOCK_REALTIME);
}

uint64_t clock_thread_cpu(void)
{
    return clock_is_here() ? nanoseconds_of(CLOCK_THREAD_CPUTIME_ID) : 0;
}

uint64_t clock_thread_sleeps(void)
{
    struct rusage usage = {0};
    if (!clock_is_here() ||
        arch_syscall(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0, 0, 0, 0) != 0)
        return 0;
    return (uint64_t)usage.ru_nvcsw + 1;
}

void clock_forbid(void)
{
    if (clock_is_here())
        __atomic_store_n(&forbidden_at, clock_now(), __ATOMIC_RELAXED);
    __atomic_fetch_add(&clock_kind, CLOCK_FORBIDDEN, __ATOMIC_SEQ_CST);
}

void clock_allow(void)
{
    __atomic_fetch_sub(&clock_kind, CLOCK_FORBIDDEN, __ATOMIC_SEQ_CST);
}

void clock_gone(void)
{
    __atomic_store_n(&gone, 1, __ATOMIC_RELAXED);
}
