/* SPDX-License-Identifier: MIT
 *
 * References: a chain's slot is found again however many there are; where they find no room no slot
 * is made that could not be.
 */
#include "support.h"

#include "calls.h"
#include "refs.h"
#include "slot.h"
#include "thread.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 20000 };

static struct thread *t;

static struct trace_slot *slot_of(uint64_t number)
{
    uint64_t frame = TRACE_FRAME(1, number + 1);
    uint32_t context = trace_context(&frame, 1, 0, 0);
    cr_assert_neq(context, 0u);
    return slot_get(t, CALL_read, context, &(struct slot_owner){.frame = 1});
}

static uint32_t first[MANY];

static void fill(unsigned count)
{
    t = thread_for_test();
    for (unsigned i = 0; i < count; i++)
        first[i] = trace_id(slot_of(i));
}

Test(refs, each_of_many_slots_is_found_again)
{
    fill(MANY);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(trace_id(slot_of(i)), first[i], "slot %u", i);
    cr_assert_gt(t->more_refs, 0u, "more than the arena takes");
}

Test(refs, fork_child_begins_anew)
{
    fill(MANY);
    pid_t child = fork();
    if (child == 0) {
        t = thread_refresh();
        for (unsigned i = 0; i < 2; i++)
            for (unsigned n = 0; n < 5000; n++) {
                uint32_t id = trace_id(slot_of(n));
                if (id == first[n] || (i && trace_id(slot_of(n)) != id))
                    _exit(1);
            }
        _exit(t->more_refs ? 0 : 2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
}

Test(refs, slots_without_reference_are_not_made)
{
    fill(MANY);
    t->more_room = t->more_refs;
    uint32_t used = trace_file->next_chunk;
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_null(slot_of(MANY));
    cr_assert_eq(trace_file->next_chunk, used);
    struct trace_slot *chainless = slot_get(t, CALL_read, 0, &(struct slot_owner){0});
    cr_assert_not_null(chainless);
    cr_assert_eq(slot_get(t, CALL_read, 0, &(struct slot_owner){0}), chainless);
    cr_assert_eq(trace_id(slot_of(0)), first[0]);
}

Test(refs, a_sealed_process_maps_nothing)
{
    t = thread_for_test();
    t->refs_room = 100;
    cr_assert_not_null(slot_of(MANY));
    trace_seal();
    unsigned made = 0;
    while (made < MANY && slot_of(made))
        made++;
    cr_expect_gt(made, 20u);
    cr_expect_null(t->more);
    trace_unseal();
    cr_expect_not_null(slot_of(made + 1), "%u without", made);
    cr_expect_not_null(t->more);
}
