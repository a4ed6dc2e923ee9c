/* SPDX-License-Identifier: MIT
 *
 * The memo on stacks made up of words: chains that part behind their first frame are told apart,
 * in whatever order their alternatives are asked.
 */
#include "support.h"

#include "calls.h"
#include "guard.h"
#include "memo.h"
#include "thread.h"

#include <criterion/criterion.h>

enum { CHAINS = 5, DEPTH = 4, CALLER = 0x4000 };

static struct thread *t;

/* A frame is two words, the upper one its return address. */
static uintptr_t stack[CHAINS][2 * DEPTH + 2];

static uintptr_t value_of(unsigned chain, unsigned frame)
{
    return frame ? 0x10000 * (chain + 1) + frame : CALLER;
}

static uintptr_t frame_of(unsigned chain)
{
    return (uintptr_t)&stack[chain][2];
}

static struct chain chain_of(unsigned number)
{
    struct chain chain = {.frames = DEPTH};
    for (unsigned i = 0; i < DEPTH; i++) {
        chain.value[i] = value_of(number, i);
        chain.size[i] = i ? 2 * sizeof(uintptr_t) : 0;
        stack[number][2 * i + 1] = value_of(number, i);
    }
    return chain;
}

static void begin(void)
{
    t = thread_for_test();
    t->stack = (struct stack_range){(uintptr_t)stack, (uintptr_t)(stack + CHAINS)};
    for (unsigned i = 0; i < CHAINS; i++) {
        struct chain chain = chain_of(i);
        memo_add(t, CALL_read, &chain, 0, i + 1);
    }
}

static uint32_t slot_of(unsigned number)
{
    const struct memo_node *node = guard_find(t, CALL_read, CALLER, frame_of(number));
    return node ? node->slot : 0;
}

/* The second frame that is asked first. */
static uint64_t asked_first(void)
{
    return guard_child(t, &t->arena[t->root[memo_root(CALLER)] - 1].node)->value;
}

Test(memo, what_is_preferred_is_asked_first)
{
    begin();
    cr_assert_eq(asked_first(), value_of(0, 1), "the first that was learned");
    for (unsigned i = CHAINS; i-- > 0;) {
        struct chain chain = chain_of(i);
        memo_prefer(t, CALL_read, &chain);
        cr_expect_eq(asked_first(), value_of(i, 1));
    }
}

Test(memo, no_chain_is_lost_by_preference)
{
    begin();
    for (unsigned round = 0; round < 50; round++) {
        struct chain chain = chain_of(round * 7 % CHAINS);
        memo_prefer(t, CALL_read, &chain);
        for (unsigned i = 0; i < CHAINS; i++)
            cr_assert_eq(slot_of(i), i + 1, "round %u, chain %u", round, i);
    }
}

Test(memo, calls_of_one_place_are_told_apart)
{
    begin();
    struct chain chain = chain_of(2);
    memo_add(t, CALL_write, &chain, 0, 77);
    memo_prefer(t, CALL_write, &chain);
    cr_expect_eq(guard_find(t, CALL_write, CALLER, frame_of(2))->slot, 77);
    cr_expect_eq(slot_of(2), 3);
    cr_expect_null(guard_find(t, CALL_recv, CALLER, frame_of(2)));
}
