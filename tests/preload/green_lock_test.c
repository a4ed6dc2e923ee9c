/* SPDX-License-Identifier: MIT
 *
 * What a thread's green threads hold, as they take turns on its table: nothing is one's that
 * another took, nothing is lost, and what may not be kept across a switch is found.
 */
#include "support.h"

#include "gil.h"
#include "green_lock.h"
#include "kept.h"
#include "modules.h"
#include "parcel.h"
#include "park.h"
#include "python_api.h"
#include "step_x86_64.h"
#include "waiters.h"

#include <criterion/criterion.h>
#include <setjmp.h>
#include <shunt.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

static uint32_t aside = TRACE_ASIDE_GREEN;
static struct thread *t;
static struct visit visit;
static pthread_mutex_t mutex[20];

static void begin(void)
{
    t = thread_for_test();
    visit = (struct visit){.thread = t, .frame = UINTPTR_MAX};
    route_switch = &aside;
    cr_assert_eq(kept_start(), 0);
    cr_assert(parcel_start());
    cr_assert_eq(waiters_start(), 0);
    for (unsigned i = 0; i < 20; i++)
        pthread_mutex_init(&mutex[i], NULL);
}

static void take(unsigned number)
{
    struct lock_wait w = {.lock = &mutex[number], .kind = TRACE_LOCK_MUTEX};
    cr_assert_eq(pthread_mutex_lock(&mutex[number]), 0);
    green_lock_asked(&w, t);
    lock_note_taken(t, &w);
}

static void give(unsigned number)
{
    lock_gave(&mutex[number]);
    cr_assert_eq(pthread_mutex_unlock(&mutex[number]), 0);
}

static unsigned held(void)
{
    return t->record->locks & TRACE_LOCKS_HELD;
}

static void make(unsigned number, int kind)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_init(&mutex[number], &attributes);
}

Test(green_lock, what_a_parked_green_thread_holds_is_not_the_others)
{
    begin();
    take(0);
    struct kept *first = kept_put_aside(&visit);
    cr_expect_eq(held(), 0);
    cr_expect(kept_holds(&mutex[0]));
    take(1);
    cr_expect_not(kept_holds(&mutex[1]));
    give(1);
    kept_take_back(first);
    cr_expect(lock_is_held(t->record, &mutex[0]));
    cr_expect_not(kept_holds(&mutex[0]));
    give(0);
    cr_expect_eq(held(), 0);
}

Test(green_lock, turns_may_end_in_any_order)
{
    begin();
    take(0);
    take(1);
    struct kept *first = kept_put_aside(&visit);
    take(2);
    struct kept *second = kept_put_aside(&visit);
    take(3);
    kept_take_back(first);
    give(0);
    give(3);
    cr_expect_eq(held(), 1);
    kept_take_back(second);
    cr_expect(lock_is_held(t->record, &mutex[1]) && lock_is_held(t->record, &mutex[2]));
    give(1);
    give(2);
    cr_expect_eq(held(), 0);
    cr_expect_eq(kept_parked(), 0);
}

Test(green_lock, another_may_give_back_what_a_parked_one_took)
{
    begin();
    take(0);
    take(1);
    struct kept *first = kept_put_aside(&visit);
    give(0);
    cr_expect_not(kept_holds(&mutex[0]));
    kept_take_back(first);
    cr_expect_eq(held(), 1);
    cr_expect(lock_is_held(t->record, &mutex[1]));
}

Test(green_lock, locks_beyond_the_table_forbid_to_park)
{
    begin();
    for (unsigned i = 0; i < 10; i++)
        take(i);
    struct kept *first = kept_put_aside(&visit);
    for (unsigned i = 10; i < 20; i++)
        take(i);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
    kept_take_back(first);
    cr_expect_eq(held(), TRACE_HELD);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_LOCK_HELD);
    for (unsigned i = 0; i < 20; i++)
        give(i);
    cr_expect_eq(held(), 0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
}

Test(green_lock, who_finds_no_room_keeps_nothing)
{
    struct kept *kept[4096];
    unsigned most = 0;
    begin();
    while (kept_has_room())
        kept[most++] = kept_put_aside(&visit);
    cr_expect_eq(kept_put_aside(&visit), NULL);
    cr_expect_eq(kept_parked(), most + 1);
    cr_expect_eq(kept_parked_in(12345), 1, "its library is not known: it may be this one");
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
    take(0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_LOCK_HELD);
    kept_take_back(kept[most / 2]);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
    kept[most / 2] = kept_put_aside(&visit);
    cr_expect(kept_holds(&mutex[0]));
    kept_take_back(NULL);
    while (most)
        kept_take_back(kept[--most]);
    cr_expect_eq(kept_parked(), 0);
    cr_expect_eq(held(), 1);
}

Test(green_lock, a_recursive_mutex_forbids_to_park)
{
    begin();
    make(0, PTHREAD_MUTEX_RECURSIVE);
    take(0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_LOCK_HELD);
    cr_expect_eq(green_lock_refuse(&visit, &mutex[0]), REASON_NONE, "it is given back meanwhile");
    give(0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
}

Test(green_lock, a_recursive_mutex_of_a_parked_one_lets_nobody_in)
{
    begin();
    make(0, PTHREAD_MUTEX_RECURSIVE);
    take(0);
    struct kept *first = kept_put_aside(&visit);
    struct lock_wait w = {.lock = &mutex[0], .call = CALL_pthread_mutex_lock};
    w.tried = pthread_mutex_trylock(&mutex[0]);
    cr_assert_eq(w.tried, 0);
    green_lock_asked(&w, t);
    cr_expect_eq(w.tried, EBUSY);
    cr_expect_eq(mutex[0].__data.__count, 1);
    kept_take_back(first);
    w.tried = pthread_mutex_trylock(&mutex[0]);
    green_lock_asked(&w, t);
    cr_expect_eq(w.tried, 0, "it is the running one's own");
}

Test(green_lock, a_streams_lock_forbids_to_park)
{
    begin();
    green_lock_stream(-1);
    green_lock_stream(1);
    green_lock_stream(1);
    green_lock_stream(-1);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_LOCK_HELD);
    green_lock_stream(-1);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
}

Test(green_lock, a_lock_on_the_stack_forbids_to_park)
{
    begin();
    take(0);
    visit.frame = (uintptr_t)mutex;
    t->stack = (struct stack_range){(uintptr_t)mutex, (uintptr_t)(mutex + 1)};
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_STACK_OBJECT);
}

static int says_yes(void)
{
    return 1;
}

static int says_no(void)
{
    return 0;
}

Test(green_lock, a_mutex_once_wanted_under_the_gil_forbids_to_park)
{
    begin();
    take(1);
    gil_is_held = says_yes;
    take(0);
    give(0);
    gil_is_held = says_no;
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
    take(0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_LOCK_ORDER);
    give(0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
}

/* ---- with the interpreter lock held ---- */

static struct {
    unsigned given, expected;
    int taken_without; /* the mutex was the waiting thread's while that had given the lock away */
} interpreter;

static void *give_away(void)
{
    __atomic_fetch_add(&interpreter.given, 1, __ATOMIC_RELAXED);
    return &interpreter;
}

static void have_again(void *state)
{
    interpreter.taken_without |= mutex[0].__data.__owner == t->record->tid;
    cr_expect_eq(state, &interpreter);
}

/* Until the interpreter lock was given away as often as expected, or ten seconds. */
static void *hold_a_while(void *held)
{
    pthread_mutex_lock(&mutex[0]);
    __atomic_store_n((uint32_t *)held, 1, __ATOMIC_RELEASE);
    usleep(60000);
    for (int i = 0; i < 1000; i++)
        if (__atomic_load_n(&interpreter.given, __ATOMIC_RELAXED) < interpreter.expected)
            usleep(10000);
    pthread_mutex_unlock(&mutex[0]);
    return NULL;
}

/* As a thread that has the interpreter lock. */
static void begin_holding(void)
{
    begin();
    real_resolve();
    lock_start();
    gil_is_held = says_yes;
    python_api.PyEval_SaveThread = give_away;
    python_api.PyEval_RestoreThread = have_again;
}

/* How often the lock was given away until the mutex came. */
static unsigned wait_holding(int needed)
{
    uint32_t held = 0;
    pthread_t other;
    begin_holding();
    interpreter.expected = needed ? 2 : 0;
    pthread_create(&other, NULL, hold_a_while, &held);
    while (!__atomic_load_n(&held, __ATOMIC_ACQUIRE))
        sched_yield();
    struct lock_wait w = {.lock = &mutex[0], .call = CALL_pthread_mutex_lock, .visit = visit};
    if (needed)
        gil_need(1);
    cr_expect_eq(green_lock_wait(&w, EBUSY, CLOCK_REALTIME, NULL), 0);
    if (needed)
        gil_need(-1);
    cr_expect_not(gil_is_needed());
    cr_expect_eq(mutex[0].__data.__owner, t->record->tid);
    pthread_mutex_unlock(&mutex[0]);
    pthread_join(other, NULL);
    cr_expect_not(interpreter.taken_without);
    return interpreter.given;
}

Test(green_lock, the_gil_is_kept_in_a_wait_where_nobody_needs_it)
{
    cr_expect_eq(wait_holding(0), 0);
}

Test(green_lock, the_gil_is_given_away_in_a_wait_where_one_with_locks_needs_it)
{
    cr_expect_geq(wait_holding(1), 2);
}

Test(green_lock, the_gil_is_given_away_until_the_time_is_over)
{
    struct timespec until;
    begin_holding();
    pthread_mutex_lock(&mutex[0]);
    gil_need(1);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    struct lock_wait w = {.lock = &mutex[0], .call = CALL_pthread_mutex_clocklock, .visit = visit};
    cr_expect_eq(green_lock_wait(&w, EBUSY, CLOCK_MONOTONIC, &until), EBUSY);
    cr_expect_eq(green_lock_left(CLOCK_MONOTONIC, &until), 0);
    cr_expect_geq(interpreter.given, 2);
    until.tv_nsec = -1;
    interpreter.given = 0;
    cr_expect_eq(green_lock_wait(&w, EBUSY, CLOCK_MONOTONIC, &until), EBUSY);
    cr_expect_eq(interpreter.given, 0, "the call itself says that there is no such time");
}

Test(green_lock, a_library_that_hands_over_is_known_again)
{
    begin();
    modules_start();
    visit.caller = (uintptr_t)green_lock_refuse;
    cr_assert_neq(kept_library(&visit), 0);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_NONE);
    green_lock_handed_over(&visit);
    cr_expect_eq(green_lock_refuse(&visit, NULL), REASON_HANDED_OVER);
}

/* ---- waiters ---- */

Test(waiters, the_one_that_waited_longest_is_woken_first)
{
    struct waiting a = {0}, b = {0}, c = {0};
    begin();
    cr_assert_eq(waiters_add(&a, mutex), REASON_NONE);
    cr_assert_eq(waiters_add(&b, mutex), REASON_NONE);
    cr_assert_eq(waiters_add(&c, &mutex[1]), REASON_NONE);
    cr_expect_eq(waiters_wake(mutex, 0), 1);
    cr_expect(waiters_is_woken(&a) && !waiters_is_woken(&b) && !waiters_is_woken(&c));
    cr_expect_eq(waiters_remove(&a), 1);
    cr_assert_eq(waiters_add(&a, mutex), REASON_NONE);
    cr_expect_eq(waiters_wake(mutex, 0), 1);
    cr_expect(waiters_is_woken(&a) && !waiters_is_woken(&b), "it waits since before");
    cr_expect_eq(waiters_remove(&a), 1);
    cr_expect_eq(waiters_wake(mutex, 1), 1);
    cr_expect_eq(waiters_wake(mutex, 1), 0);
    cr_expect_eq(waiters_remove(&b), 1);
    cr_expect_eq(waiters_remove(&c), 0);
}

enum { WAKES = 2000 };

static void *wake_all(void *woken)
{
    for (uint32_t *count = woken; __atomic_load_n(count, __ATOMIC_RELAXED) < WAKES;)
        __atomic_fetch_add(count, waiters_wake(mutex, 0), __ATOMIC_RELAXED);
    return NULL;
}

Test(waiters, no_wake_is_lost_between_threads)
{
    pthread_t waker[2];
    uint32_t woken = 0;
    begin();
    for (int i = 0; i < 2; i++)
        pthread_create(&waker[i], NULL, wake_all, &woken);
    for (uint32_t seen = 0; seen < WAKES;) {
        struct waiting waiting = {0};
        cr_assert_eq(waiters_add(&waiting, mutex), REASON_NONE);
        struct pollfd set = {.fd = waiters_fd(&waiting), .events = POLLIN};
        cr_assert_eq(poll(&set, 1, 10000), 1);
        cr_assert_eq(waiters_remove(&waiting), 1);
        seen++;
    }
    for (int i = 0; i < 2; i++)
        pthread_join(waker[i], NULL);
    cr_expect_eq(woken, WAKES);
}

static int step, handled_at;
static sigjmp_buf before;

static void jump(int number)
{
    (void)number;
    siglongjmp(before, 1);
}

static void signal_on_step(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    if (++step < handled_at)
        return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100ll;
    raise(SIGUSR1);
}

/* Out of the wake, after instruction `handled_at`; 0: it was over by then. The waiter goes on. */
static int woken_and_left(void)
{
    struct waiting waiting = {0};
    cr_assert_eq(waiters_add(&waiting, mutex), REASON_NONE);
    step = 0;
    if (sigsetjmp(before, 1) == 0) {
        step_begin();
        waiters_wake(mutex, 0);
        step_end();
    }
    alarm(5);
    waiters_remove(&waiting);
    alarm(0);
    return step >= handled_at;
}

Test(waiters, a_handler_jumps_out_of_a_wake)
{
    struct sigaction trap = {.sa_sigaction = signal_on_step, .sa_flags = SA_SIGINFO};
    struct sigaction jumps = {.sa_handler = jump};
    begin();
    sigaction(SIGTRAP, &trap, NULL);
    sigaction(SIGUSR1, &jumps, NULL);
    for (handled_at = 1; woken_and_left();)
        handled_at++;
    cr_assert_gt(handled_at, 30, "only %d instructions", handled_at);
}

static int ends;

/* The thread ends, and a call of a destructor's makes a state again in the same place. */
static int wait_once(int fd, short events, int64_t timeout)
{
    (void)fd;
    (void)events;
    (void)timeout;
    cr_expect_eq(t->current->frame, 0u);
    t->record->start += (uint64_t)ends;
    return SHUNT_TIMED_OUT;
}

Test(green_lock, a_parked_call_is_not_taken_up_in_another_state)
{
    static const struct runtime runtime = {.wait = wait_once};
    begin();
    struct park park = {.visit = &visit, .runtime = &runtime, .process = parcel_process()};
    t->current->frame = visit.frame;
    cr_assert_eq(park_wait(&park, -1, 0, 0), SHUNT_TIMED_OUT);
    cr_expect_eq(visit.thread, t);
    cr_expect_eq(t->current->frame, visit.frame);
    ends = 1;
    cr_assert_eq(park_wait(&park, -1, 0, 0), SHUNT_TIMED_OUT);
    cr_expect_null(visit.thread);
    cr_expect_eq(t->current->frame, 0u);
}
