/* SPDX-License-Identifier: MIT
 *
 * See spin.h. Times say what the machine is like: on one CPU a worker runs within some 3 us of the
 * call's being posted, on an idle one after 17 to 45.
 */
#include "spin.h"

#include "arch_x86_64.h"
#include "clock.h"

#include <sched.h>
#include <sys/syscall.h>

enum {
    LOOKS = 300,
    CREDIT = 8,
    LONG = 4, /* short ones that a long call or pause outweighs */
    LONG_MOST = 24,
    PENALTY_MOST = 1024,
    SHORT_NS = 5000,
    DEAR_NS = 8000,
    WAIT_NS_MOST = 70000 /* one that had to wait for its turn is no measure */
};

static int may_pay;
static uint64_t short_ticks, dear_ticks, wait_ticks_most;

void spin_start(void)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    arch_syscall(SYS_sched_getaffinity, 0, sizeof cpus, (long)&cpus, 0, 0, 0);
    may_pay = CPU_COUNT(&cpus) > 1;
    short_ticks = clock_ticks(SHORT_NS);
    dear_ticks = clock_ticks(DEAR_NS);
    wait_ticks_most = clock_ticks(WAIT_NS_MOST);
}

static int32_t get(const int32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void set(int32_t *word, int32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static uint32_t step_of(const struct spin *spin)
{
    return __atomic_load_n(&spin->step, __ATOMIC_RELAXED);
}

static void step_to(struct spin *spin, enum spin_step step)
{
    __atomic_store_n(&spin->step, step, __ATOMIC_RELAXED);
}

/* ---- what calls are like ---- */

static void note(struct spin *spin, uint64_t ticks)
{
    int32_t credit = get(&spin->credit);
    if (ticks > short_ticks)
        credit -= credit > -LONG_MOST ? LONG : 0;
    else if (credit < CREDIT)
        credit++;
    set(&spin->credit, credit);
}

void spin_begin(struct spin *spin, uint64_t now)
{
    if (spin->resting)
        note(spin, now > spin->resting ? now - spin->resting : 0);
    if (get(&spin->credit) <= 0 || !may_pay)
        step_to(spin, SPIN_APART);
    else if (step_of(spin) == SPIN_APART && spin->waking > dear_ticks)
        step_to(spin, SPIN_TRYING);
}

void spin_end(struct spin *spin, uint64_t now, uint64_t waited, uint64_t run)
{
    waited = waited < wait_ticks_most ? waited : wait_ticks_most;
    if (step_of(spin) == SPIN_APART)
        spin->waking = spin->waking ? spin->waking - spin->waking / 8 + waited / 8 : waited;
    spin->resting = now;
    note(spin, run);
}

/* ---- looking ---- */

static void fail(struct spin *spin)
{
    int32_t penalty = get(&spin->penalty);
    set(&spin->credit, -penalty);
    set(&spin->penalty, penalty < PENALTY_MOST ? 2 * penalty + 1 : penalty);
    step_to(spin, SPIN_APART);
}

static int look(const uint32_t *word, uint32_t bits, uint32_t value)
{
    for (int i = 0; i < LOOKS; i++) {
        if ((__atomic_load_n(word, __ATOMIC_ACQUIRE) & bits) == value)
            return 1;
        arch_pause();
    }
    return 0;
}

/* For the one that slept: twice as long as its waking takes. */
static int look_long(const struct spin *spin, const uint32_t *word, uint32_t bits, uint32_t value)
{
    uint64_t most = 2 * spin->waking, start = clock_now();
    do
        if (look(word, bits, value))
            return 1;
    while (clock_now() - start < most);
    return 0;
}

int spin_for_call(struct spin *spin, const uint32_t *word, uint32_t bits, uint32_t value)
{
    if (step_of(spin) == SPIN_APART)
        return 0;
    if (look(word, bits, value))
        return 1;
    fail(spin);
    return 0;
}

int spin_for_end(struct spin *spin, const uint32_t *word, uint32_t bits, uint32_t value)
{
    uint32_t step = step_of(spin);
    if (step == SPIN_APART)
        return 0;
    if (step == SPIN_TRYING && look_long(spin, word, bits, value)) {
        step_to(spin, SPIN_IN_STEP);
        return 1;
    }
    if (step == SPIN_IN_STEP && look(word, bits, value)) {
        set(&spin->penalty, get(&spin->penalty) / 2);
        return 1;
    }
    fail(spin);
    return 0;
}
