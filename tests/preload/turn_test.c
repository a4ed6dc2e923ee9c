/* SPDX-License-Identifier: MIT
 *
 * Loops from visits at made-up times: which wait point is chosen, what a turn and a stall are, who
 * is charged.
 */
#include "support.h"

#include "calls.h"
#include "clock.h"
#include "slot.h"
#include "thread.h"
#include "trace.h"
#include "turn.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

/* A program of one thread: its clock in microseconds, its wait points by caller. */
static struct thread *t;
static uint64_t now_us;

static uint64_t ticks(uint64_t us)
{
    return clock_ticks(us * 1000) + 1;
}

static struct trace_slot *slot_at(uint16_t call, unsigned depth, uintptr_t caller)
{
    uint64_t frames[TRACE_FRAMES] = {0};
    for (unsigned i = 0; i < depth; i++)
        frames[i] = TRACE_FRAME(1, caller + i);
    return slot_get(t, call, trace_context(frames, depth, 0, 0),
                    &(struct slot_owner){.frame = frames[0]});
}

static void wait_at(uintptr_t caller, int epoll, unsigned depth, uint64_t us, long result)
{
    uint16_t call = epoll >= 0 ? CALL_epoll_wait : CALL_poll;
    struct wait_facts facts = {.fd = epoll, .fds = 1, .may_block = 1};
    uint64_t start = ticks(now_us);
    struct turn_point *p = turn_enter(t, call, caller, &facts, start);
    now_us += us;
    turn_leave(t, p, &facts, slot_at(call, depth, caller), start, ticks(now_us), result);
}

/* The same place in the code, at `frame` on the stack. */
static void poll_at(uintptr_t frame, const void *set, uint64_t us)
{
    struct wait_facts facts = {.frame = frame, .set = set, .fd = -1, .fds = 1, .may_block = 1};
    uint64_t start = ticks(now_us);
    struct turn_point *p = turn_enter(t, CALL_poll, 0x100, &facts, start);
    now_us += us;
    turn_leave(t, p, &facts, slot_at(CALL_poll, (unsigned)(12 - frame / 0x1000), 0x100), start,
               ticks(now_us), 1);
}

static void call_for(struct trace_slot *slot, uint64_t us)
{
    now_us += us;
    if (t->turns.number)
        turn_count(&t->turns, slot, trace_id(slot), -1, ticks(us));
}

static void begin(void)
{
    t = thread_for_test();
    now_us = 1000;
}

static const struct trace_wait_point *chosen(void)
{
    return t->turns.loop ? t->turns.loop->record : NULL;
}

Test(turn, a_wait_that_recurs_is_the_loop)
{
    begin();
    wait_at(0x100, 5, 4, 50, 1);
    wait_at(0x100, 5, 4, 50, 1);
    cr_assert_null(chosen());
    wait_at(0x100, 5, 4, 50, 1);
    cr_assert_not_null(chosen());
    cr_assert_eq(chosen()->call, CALL_epoll_wait);
    cr_assert_eq(t->record->loop, trace_id(chosen()));
}

Test(turn, a_poll_inside_a_turn_is_no_loop)
{
    begin();
    for (int i = 0; i < 20; i++) {
        wait_at(0x100, -1, 4, 50, 1);
        for (int k = 0; k < 10; k++)
            wait_at(0x200, -1, 7, 500, 1);
    }
    cr_assert_eq(chosen()->depth, 4u);
    cr_assert_geq(chosen()->stalls, 17u);
}

Test(turn, the_same_place_further_down_the_stack_is_another_wait)
{
    int outer = 0, inner = 0;
    begin();
    for (int i = 0; i < 20; i++) {
        poll_at(0x8000, &outer, 50);
        for (int k = 0; k < 4; k++)
            poll_at(0x6000, &inner, 500);
    }
    cr_assert_eq(chosen()->visits, 20u);
    cr_assert_geq(chosen()->stalls, 17u);
}

Test(turn, a_loop_run_again_from_inside_is_one_loop)
{
    int set = 0;
    begin();
    for (int i = 0; i < 20; i++)
        poll_at(0x8000, &set, 50);
    for (int i = 0; i < 20; i++)
        poll_at(0x6000, &set, 50000);
    poll_at(0x8000, &set, 50);
    cr_assert_eq(chosen()->visits, 41u);
    cr_assert_eq(chosen()->stalls, 0u);
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void compute(uint64_t ns)
{
    uint64_t until = cpu_ns() + ns;
    while (cpu_ns() < until)
        ;
}

Test(turn, cpu_time_is_told_apart_in_stalls)
{
    begin();
    for (int i = 0; i < 4; i++)
        wait_at(0x100, 5, 4, 50, 1);
    compute(3000000);
    now_us += 5000;
    wait_at(0x100, 5, 4, 50, 1);
    const struct trace_wait_point *w = chosen();
    cr_assert_eq(w->stalls, 1u);
    cr_assert_eq(w->stall_measured, w->stall_ticks);
    cr_assert_geq(w->stall_cpu, clock_ticks(3000000));
    cr_assert_leq(w->stall_cpu, w->stall_ticks);
    cr_assert_eq(w->worst[0].cpu, w->stall_cpu);
}

/* The clock was read before the short turns, which were on the CPU: the stall after them slept. */
Test(turn, cpu_time_of_short_turns_is_not_the_stalls)
{
    begin();
    for (int i = 0; i < 4; i++)
        wait_at(0x100, 5, 4, 50, 1);
    compute(4000000);
    for (int i = 0; i < 90; i++) {
        now_us += 90;
        wait_at(0x100, 5, 4, 0, 1);
    }
    now_us += 5000;
    wait_at(0x100, 5, 4, 50, 1);
    const struct trace_wait_point *w = chosen();
    cr_assert_eq(w->stalls, 1u);
    cr_assert_eq(w->stall_measured, w->stall_ticks);
    cr_assert_lt(w->stall_cpu, w->stall_ticks / 2);
}

Test(turn, epoll_comes_before_a_poll_further_out)
{
    begin();
    for (int i = 0; i < 10; i++)
        wait_at(0x100, -1, 2, 50, 1);
    for (int i = 0; i < 10; i++)
        wait_at(0x200, 9, 6, 50, 1);
    cr_assert_eq(chosen()->call, CALL_epoll_wait);
}

Test(turn, a_loop_that_is_left_gives_way)
{
    begin();
    for (int i = 0; i < 10; i++)
        wait_at(0x100, -1, 4, 50, 1);
    uint32_t first = t->record->loop;
    for (int i = 0; i < 200; i++)
        wait_at(0x200, -1, 4, 50, 1);
    cr_assert_neq(t->record->loop, first);
}

static void ask_at(uintptr_t caller, int epoll)
{
    struct wait_facts facts = {.fd = epoll};
    uint64_t start = ticks(now_us++);
    uint16_t call = epoll >= 0 ? CALL_epoll_wait : CALL_poll;
    struct turn_point *p = turn_enter(t, call, caller, &facts, start);
    turn_leave(t, p, &facts, slot_at(call, 4, caller), start, start + 10, 1);
}

Test(turn, a_poll_without_timeout_is_no_loop)
{
    begin();
    for (int i = 0; i < 100; i++)
        ask_at(0x100, -1);
    cr_assert_null(chosen());
}

Test(turn, a_busy_epoll_without_timeout_is_a_loop)
{
    begin();
    for (int i = 0; i < 20; i++)
        ask_at(0x100, 5);
    cr_assert_not_null(chosen());
}

Test(turn, stalls_are_charged_to_who_took_part)
{
    begin();
    struct trace_slot *slow = slot_at(CALL_fsync, 3, 0x900);
    struct trace_slot *small = slot_at(CALL_read, 3, 0xa00);
    for (int i = 0; i < 3; i++)
        wait_at(0x100, 5, 4, 50, 1);
    call_for(slow, 1000);
    for (int i = 0; i < 40; i++)
        call_for(small, 10);
    wait_at(0x100, 5, 4, 5, 1);
    call_for(small, 10);
    wait_at(0x100, 5, 4, 50, 0);

    const struct trace_wait_point *w = chosen();
    cr_assert_eq(w->turns, 2u);
    cr_assert_eq(w->stalls, 1u);
    cr_assert_eq(w->harmful, 1u);
    cr_assert_eq(w->empty, 1u);
    cr_assert_eq(slow->stall_turns, 1u);
    cr_assert_geq(slow->stall_ticks, clock_ticks(1000000));
    cr_assert_eq(small->stall_turns, 1u);
    cr_assert_geq(small->stall_ticks, clock_ticks(400000));
    cr_assert_lt(small->stall_ticks, clock_ticks(410000) + 41);
    cr_assert_eq(w->worst[0].top[0].slot, trace_id(slow));
    cr_assert_eq(w->worst[0].top[1].calls, 40u);
    cr_assert_eq(w->worst[0].next_ready, 1u);
}

Test(turn, timeline_widens_and_keeps_its_sum)
{
    begin();
    uint64_t sum = 0;
    for (int i = 0; i < 3; i++)
        wait_at(0x100, 5, 4, 50, 1);
    for (int i = 0; i < 300; i++) {
        now_us += 1000;
        wait_at(0x100, 5, 4, 999000, 1);
    }
    for (unsigned i = 0; i < TRACE_SLICES; i++)
        sum += chosen()->slice[i];
    cr_assert_eq(sum, chosen()->stall_ticks);
    cr_assert_eq(chosen()->stalls, 300u);
    cr_assert_geq(chosen()->slice_ticks, clock_ticks(4000000000));
}

Test(turn, wait_points_beyond_the_table_are_counted)
{
    begin();
    for (uintptr_t p = 0; p < TURN_POINTS + 4; p++)
        for (int i = 0; i < 3; i++) {
            struct wait_facts facts = {.fd = -1, .may_block = 1};
            uint64_t start = ticks(now_us);
            struct turn_point *point = turn_enter(t, CALL_poll, 0x100 * (p + 1), &facts, start);
            now_us += 30;
            if (point)
                turn_leave(t, point, &facts, slot_at(CALL_poll, 3, 0x100 * (p + 1)), start,
                           ticks(now_us), 1);
        }
    cr_assert_eq(trace_file->lost[TRACE_LOSS_TURNS], 4u * 3);
}

/* ---- harm ---- */

/* A loop that polls for `fd` and a pipe: a turn that stalls, writes to `written`, and then finds
 * `ready` of the two there at once. Returns the harmful stalls. */
static uint64_t harm_after(int written, struct pollfd *set, int ready)
{
    struct wait_facts facts = {.set = set, .fd = -1, .fds = 2, .may_block = 1};
    struct trace_slot *slot = slot_at(CALL_write, 3, 0x900);
    for (int i = 0; i < 4; i++) {
        uint64_t start = ticks(now_us);
        struct turn_point *p = turn_enter(t, CALL_poll, 0x100, &facts, start);
        now_us += i < 3 ? 500 : 1;
        turn_leave(t, p, &facts, slot_at(CALL_poll, 4, 0x100), start, ticks(now_us), ready);
        now_us += 400;
        if (t->turns.number)
            turn_count(&t->turns, slot, trace_id(slot), written, ticks(400));
    }
    return chosen()->harmful;
}

/* A turn that stalls, and a wait of half a millisecond in which the thread sleeps, or does not. */
static const struct trace_wait_point *after_a_stall(int sleeps)
{
    for (int i = 0; i < 3; i++)
        wait_at(0x100, 5, 4, 50, 1);
    now_us += 1000;
    struct wait_facts facts = {.fd = 5, .fds = 1, .may_block = 1};
    struct turn_point *p = turn_enter(t, CALL_epoll_wait, 0x100, &facts, ticks(now_us));
    if (sleeps)
        nanosleep(&(struct timespec){0, 500000}, NULL);
    turn_leave(t, p, &facts, slot_at(CALL_epoll_wait, 4, 0x100), ticks(now_us), ticks(now_us + 500),
               1);
    return chosen();
}

Test(turn, a_wait_that_slept_had_no_work_waiting)
{
    begin();
    cr_expect_eq(after_a_stall(1)->harmful, 0u);
}

Test(turn, a_wait_that_only_lost_its_cpu_had)
{
    begin();
    cr_expect_eq(after_a_stall(0)->harmful, 1u);
}

Test(turn, who_wakes_itself_up_has_no_work_waiting)
{
    int event = eventfd(0, EFD_NONBLOCK);
    struct pollfd set[] = {{event, POLLIN, POLLIN}, {0, POLLIN, 0}};
    begin();
    cr_expect_eq(harm_after(event, set, 1), 0);
}

Test(turn, work_beside_the_own_wakeup_was_waiting)
{
    int event = eventfd(0, EFD_NONBLOCK);
    struct pollfd set[] = {{event, POLLIN, POLLIN}, {0, POLLIN, POLLIN}};
    begin();
    cr_expect_eq(harm_after(event, set, 2), 1);
}

Test(turn, a_wakeup_by_another_thread_is_work)
{
    int event = eventfd(0, EFD_NONBLOCK);
    struct pollfd set[] = {{event, POLLIN, POLLIN}, {0, POLLIN, 0}};
    begin();
    cr_expect_eq(harm_after(0, set, 1), 1);
}

Test(turn, a_peers_answer_is_work)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct pollfd set[] = {{pair[0], POLLIN, POLLIN}, {0, POLLIN, 0}};
    begin();
    cr_expect_eq(harm_after(pair[0], set, 1), 1);
}

/* ---- Python ---- */

static void hub_waits(uint16_t call, int fd, uint64_t us)
{
    struct wait_facts facts = {.fd = fd, .may_block = 1, .hub = 1, .function = 7};
    uint64_t start = ticks(now_us);
    struct turn_point *p = turn_enter(t, call, 0x700, &facts, start);
    now_us += us;
    turn_leave(t, p, &facts, slot_at(call, 4, 0x700), start, ticks(now_us), 0);
}

static void python_polls(uint64_t function, uint64_t us)
{
    struct wait_facts facts = {.fd = -1, .fds = 1, .may_block = 1, .function = function};
    uint64_t start = ticks(now_us);
    struct turn_point *p = turn_enter(t, CALL_poll, 0x100, &facts, start);
    now_us += us;
    turn_leave(t, p, &facts, slot_at(CALL_poll, 3, 0x100), start, ticks(now_us), 1);
}

Test(turn, a_hub_is_the_loop_whichever_call_it_waits_in)
{
    begin();
    for (int i = 0; i < 5; i++)
        wait_at(0x100, 3, 1, 50, 1); /* an epoll set further out */
    hub_waits(CALL_clock_nanosleep, -1, 50);
    cr_assert(t->turns.loop->hub, "at its first visit");
    hub_waits(CALL_epoll_wait, 5, 50);
    hub_waits(CALL_clock_nanosleep, -1, 50);
    cr_assert_eq(t->turns.loop->record->turns, 2);
    cr_assert_eq(t->turns.loop->record->visits, 3);
    cr_assert_eq(t->turns.loop->record->fd, 5);
    cr_assert_eq(t->turns.loop->record->call, CALL_epoll_wait);
    for (int i = 0; i < 2000; i++)
        wait_at(0x100, 3, 1, 50, 1);
    cr_assert(t->turns.loop->hub, "nothing else takes its place");
}

Test(turn, python_functions_that_wait_in_one_place_are_told_apart)
{
    begin();
    for (int i = 0; i < 6; i++)
        python_polls(1, 50);
    struct turn_point *loop = t->turns.loop;
    cr_assert_not_null(loop);
    for (int i = 0; i < 6; i++) {
        python_polls(2, 5000); /* from inside a turn: a blocked call */
        python_polls(1, 50);
    }
    cr_assert_eq(t->turns.loop, loop);
    cr_assert_eq(loop->record->visits, 12);
    cr_assert_eq(loop->record->stalls, 6);
}
