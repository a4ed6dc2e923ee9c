/* SPDX-License-Identifier: MIT
 *
 * A full memo begins anew, but not at once and not in a signal handler: what a handler interrupted
 * goes on along nodes that are as they were. Stepped through with a handler that learns.
 */
#include "support.h"

#include "calls.h"
#include "guard.h"
#include "memo.h"
#include "thread.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <ucontext.h>

enum { DEPTH = 5, ROOM = 300, FIT = (ROOM - TRACE_FRAMES) / DEPTH, OURS = 0x4000, THEIRS = 0x8000 };

static struct thread *t;

/* A frame is two words, the upper one its return address. Frames are the same in all chains but for
 * the two innermost: so nodes of one can be taken for another's. */
static uintptr_t stack[2 * DEPTH + 2];

static struct chain chain_of(uintptr_t caller, unsigned number)
{
    struct chain chain = {.frames = DEPTH};
    for (unsigned i = 0; i < DEPTH; i++) {
        chain.value[i] = i == 0 ? caller : i == 1 ? 0x10000 + number : 0x100 + i;
        chain.size[i] = i ? 2 * sizeof(uintptr_t) : 0;
    }
    return chain;
}

static void learn(uintptr_t caller, unsigned number)
{
    struct chain chain = chain_of(caller, number);
    memo_add(t, CALL_read, &chain, 0, (uint32_t)caller + number);
}

static void lay_out(uintptr_t caller, unsigned number)
{
    struct chain chain = chain_of(caller, number);
    for (unsigned i = 0; i < DEPTH; i++)
        stack[2 * i + 1] = chain.value[i];
}

/* Of the chain that the stack holds. */
static uint32_t slot_of(uintptr_t caller)
{
    const struct memo_node *node = guard_find(t, CALL_read, caller, (uintptr_t)&stack[2]);
    return node ? node->slot : 0;
}

static uint32_t find(uintptr_t caller, unsigned number)
{
    lay_out(caller, number);
    return slot_of(caller);
}

/* A memo that is full: it knows chains from 0 on, but not the one with the number returned. */
static unsigned fill(void)
{
    unsigned i = 0;
    t = thread_for_test();
    t->stack = (struct stack_range){(uintptr_t)stack, (uintptr_t)(stack + 2 * DEPTH + 2)};
    t->room = ROOM;
    t->refs_room = 0;
    do
        learn(OURS, i++);
    while (find(OURS, i - 1));
    return i - 1;
}

Test(forget, full_memo_begins_anew)
{
    unsigned full = fill(), i = full;
    for (; !find(OURS, i); i++)
        learn(OURS, i + 1);
    cr_expect_eq(find(OURS, i), OURS + i);
    cr_expect_eq(find(OURS, 0), 0u);
    cr_expect_eq(t->age.chains, 1u);
    cr_expect_geq(i - full, MEMO_PATIENCE * full, "only after %u more", i - full);
    for (unsigned n = 0; n < 100 * full; n++)
        learn(OURS, n % (full / 2));
    for (unsigned n = 0; n < full / 2; n++)
        cr_expect_eq(find(OURS, n), OURS + n);
}

Test(forget, forgotten_chains_make_no_room)
{
    fill();
    memo_flush(t);
    cr_expect_eq(find(OURS, 0), 0u);
    learn(OURS, 1);
    cr_expect_eq(find(OURS, 1), OURS + 1, "it was full, of nothing: it begins anew at once");
}

static unsigned theirs;

static void learn_many(int signal)
{
    (void)signal;
    for (unsigned i = 0; i < 6 * FIT; i++)
        learn(THEIRS, theirs++);
}

Test(forget, not_in_a_handler)
{
    unsigned full = fill();
    signal(SIGUSR1, learn_many);
    raise(SIGUSR1);
    for (unsigned i = 0; i < full; i++)
        cr_expect_eq(find(OURS, i), OURS + i);
    for (unsigned i = 0; i < 6 * FIT; i++)
        learn(OURS, full + i);
    cr_expect_eq(find(OURS, 0), 0u, "after it");
}

/* The trap flag: a signal after every instruction. The stack below its pointer is left alone. */
enum { TRAP_FLAG = 0x100 };
#define FLAGS(change)                                                \
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\t" change   \
                     " (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" :: \
                         : "memory", "cc")
#define STEP()  FLAGS("orq $0x100,")
#define GO_ON() FLAGS("andq $-0x101,")

Test(forget, lookup_is_interrupted_at_every_instruction)
{
    fill();
    signal(SIGTRAP, learn_many);
    lay_out(OURS, 0);
    STEP();
    uint32_t slot = slot_of(OURS);
    GO_ON();
    cr_expect_eq(slot, OURS, "%#x after %u others", slot, theirs);
    cr_assert_gt(theirs, 20u * 6 * FIT);
}

static unsigned traps;

/* Once the stack is being looked at, where it is enough to come now and then. */
static void learn_one(int signal)
{
    (void)signal;
    if (++traps > 1000 && (!t->root[memo_root(OURS)] || t->nodes < ROOM / 2 || traps % 97 == 0))
        learn(THEIRS, theirs++);
}

static void learn_step_by_step(unsigned number)
{
    traps = 0;
    STEP();
    learn(OURS, number);
    GO_ON();
}

static void check_all(unsigned ours)
{
    for (unsigned i = 0; i < ours; i++) {
        uint32_t slot = find(OURS, i);
        cr_expect(slot == 0 || slot == OURS + i, "%#x instead of ours %u", slot, i);
    }
    for (unsigned i = 0; i < theirs; i++) {
        uint32_t slot = find(THEIRS, i);
        cr_expect(slot == 0 || slot == THEIRS + i, "%#x instead of theirs %u", slot, i);
    }
}

Test(forget, beginning_anew_is_interrupted_at_every_instruction)
{
    unsigned full = fill();
    signal(SIGTRAP, learn_one);
    t->age.refused = UINT32_MAX / 2;
    learn_step_by_step(full);
    cr_expect_eq(find(OURS, 0), 0u, "it began anew");
    cr_assert_gt(theirs, 20u);
    check_all(full + 1);
}

static unsigned when;

static void flush_once(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    if (++traps < when)
        return;
    memo_flush(t);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

/* Nothing comes back that way, wherever it comes. */
Test(forget, all_is_forgotten_in_the_middle_of_learning)
{
    struct chain other = chain_of(OURS, 1);
    struct sigaction action = {.sa_sigaction = flush_once, .sa_flags = SA_SIGINFO};
    other.frames = 2;
    fill();
    sigaction(SIGTRAP, &action, NULL);
    for (when = 1;; when++) {
        learn(OURS, 0);
        if (!find(OURS, 0))
            learn(OURS, 0);
        cr_assert_eq(find(OURS, 0), OURS);
        traps = 0;
        STEP();
        memo_add(t, CALL_write, &other, 0, 1);
        GO_ON();
        if (traps < when)
            break;
        cr_expect_eq(find(OURS, 0), 0u, "after %u instructions", when);
    }
    cr_assert_gt(when, 50u);
}
