/* SPDX-License-Identifier: MIT
 *
 * See handoff.h. Ending a call early is a signal to its worker, whose handler (signals.c) tells
 * what it found: a system call that the kernel interrupted is what a handler on the caller would
 * have interrupted, and the kernel itself says whether it is one that restarts. Found outside, the
 * call has not reached the kernel yet, or is over: the signal is sent again until one of them is
 * true. A worker is given back when every signal that was sent to it has arrived, so that none can
 * meet the next call.
 */
#include "handoff.h"

#include "bulkhead.h"
#include "calls.h"
#include "conditions.h"
#include "futex.h"
#include "kept.h"
#include "mask.h"
#include "parcel.h"
#include "policy_load.h"
#include "raw.h"
#include "refusal.h"
#include "signals.h"
#include "waiters.h"
#include "worker.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

__thread struct handoff_self handoff_self;

static const struct timespec half_ms = {0, 500000};
static pthread_key_t thread_end;

/* ---- ending a call early ---- */

/* Sends the abort signal, or will when there is something to end and room in the queue of signals
 * (RLIMIT_SIGPENDING). Counted first, and by nobody who then leaves without sending it: whoever
 * comes after would wait for it. */
static void send_abort(struct pool_worker *worker)
{
    int32_t tid = __atomic_load_n(&worker->tid, __ATOMIC_ACQUIRE);
    if (!tid || !__atomic_load_n(&worker->running, __ATOMIC_SEQ_CST))
        return;
    uint64_t before = mask_begin();
    __atomic_fetch_add(&worker->sent, 1, __ATOMIC_SEQ_CST);
    if (arch_syscall(SYS_tgkill, pool_pid(), tid, signals_abort(), 0, 0, 0) != 0)
        __atomic_fetch_sub(&worker->sent, 1, __ATOMIC_SEQ_CST);
    mask_end(before);
}

static int is_caught(const struct pool_worker *worker)
{
    return __atomic_load_n(&worker->caught, __ATOMIC_ACQUIRE) != 0;
}

/* libc's own code makes several system calls, and one that was interrupted may not be the one that
 * ends it: a lock of a FILE is waited for again. */
static int is_made_of_several(const struct handoff_trip *trip)
{
    return call_infos[trip->call].abort == ABORT_RESEND;
}

/* Is there something to interrupt still? To be rid of the call nothing short of its end will do. */
static int is_to_be_interrupted(const struct handoff_trip *trip)
{
    return trip->aborting && (!is_caught(trip->worker) ||
                              ((trip->unwanted || trip->expired) && is_made_of_several(trip)));
}

/* Has everything arrived that was sent? */
static int has_all_arrived(const struct pool_worker *worker)
{
    return __atomic_load_n(&worker->taken, __ATOMIC_ACQUIRE) ==
           __atomic_load_n(&worker->sent, __ATOMIC_ACQUIRE);
}

static void begin_abort(struct handoff_trip *trip, enum pool_abort how)
{
    struct pool_worker *worker = trip->worker;
    trip->aborting = 1;
    if (is_made_of_several(trip) ||
        __atomic_load_n(&worker->abort, __ATOMIC_RELAXED) != POOL_ENDS) {
        __atomic_store_n(&worker->caught, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&worker->abort, how, __ATOMIC_SEQ_CST);
    }
    send_abort(worker);
}

static int is_done(const struct pool_worker *worker)
{
    return (__atomic_load_n(&worker->word, __ATOMIC_ACQUIRE) & POOL_DONE) != 0;
}

/* Copies what the worker said: in a fork child its memory is gone. */
static void finish(struct handoff_trip *trip)
{
    const struct pool_worker *worker = trip->worker;
    trip->failed = worker->failed;
    trip->error = worker->error;
    trip->raised = worker->raised;
    trip->restarts = worker->caught && worker->restarts;
    trip->over = 1;
}

/* Until the call is over, or with `caught` until it was interrupted; the abort has begun. */
static void await_abort(struct handoff_trip *trip, int caught)
{
    struct pool_worker *worker = trip->worker;
    while (pool_is_current() && !is_done(worker) && !(caught && is_caught(worker))) {
        worker_rouse(worker);
        uint32_t seen = __atomic_or_fetch(&worker->word, POOL_PARKED, __ATOMIC_ACQ_REL);
        if (!(seen & POOL_DONE))
            futex_wait(&worker->word, seen, &half_ms);
        if (is_to_be_interrupted(trip) && has_all_arrived(worker))
            send_abort(worker);
    }
    if (pool_is_current() && is_done(worker))
        finish(trip);
}

/* A worker is given back when every signal that was sent to it has arrived. Last of all, for a
 * handler that jumps out before gives it back itself. */
static void take_back(struct pool_worker *worker)
{
    while (!has_all_arrived(worker))
        arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    __atomic_store_n(&handoff_self.trip, NULL, __ATOMIC_RELEASE);
    pool_release(worker);
}

/* One system call ends whatever the handler is, and is made again afterwards if that has
 * SA_RESTART. In libc's own code it is one of several: the handler runs when that was interrupted,
 * and what comes of it is libc's to say. A call that no signal interrupts is left alone. */
void handoff_interrupt(uint32_t mark)
{
    struct handoff_trip *trip = handoff_self.trip;
    trip->marks |= (uint8_t)mark;
    trip->handlers++;
    enum call_abort kind = call_infos[trip->call].abort;
    if (kind == ABORT_NONE || trip->over || !pool_is_current())
        return;
    if (!worker_is_posted(trip->worker)) {
        /* It was about to go: it will be interrupted when it has. */
        __atomic_fetch_or(&trip->worker->word, mark, __ATOMIC_ACQ_REL);
        return;
    }
    int several = is_made_of_several(trip);
    begin_abort(trip, !several || mark == POOL_PLAIN || trip->unwanted ? POOL_ENDS : POOL_RESTARTS);
    await_abort(trip, several);
}

/* ---- waiting ---- */

int handoff_is_cancellation_point(uint16_t call)
{
    return call_infos[call].abort != ABORT_NONE;
}

static int is_cancel_enabled(void)
{
    int state, ignored;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_setcancelstate(state, &ignored);
    return state == PTHREAD_CANCEL_ENABLE;
}

static void react(struct handoff_trip *trip, uint32_t marks)
{
    int plain = (marks & POOL_PLAIN) != 0;
    if (!handoff_is_cancellation_point(trip->call))
        return;
    if (marks & POOL_CANCEL && is_cancel_enabled())
        trip->unwanted = 1;
    if (trip->unwanted || plain || marks & POOL_RESTART)
        begin_abort(trip, trip->unwanted || plain || !is_made_of_several(trip) ? POOL_ENDS
                                                                               : POOL_RESTARTS);
}

/* Until the trip's deadline; NULL: it has none, or it is over. */
static const struct timespec *time_left(const struct handoff_trip *trip, struct timespec *left)
{
    if (!trip->deadline || trip->expired)
        return NULL;
    uint64_t now = raw_monotonic(), ns = trip->deadline > now ? trip->deadline - now : 0;
    *left = (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    return left;
}

/* Sleeps until the word changes, or the call's time is over. A handler that passed our trampoline
 * by (installed by a raw system call) ends the sleep, too, if it has no SA_RESTART; but one with a
 * time limit any handler ends, so that of it nothing follows (signal(7)). */
static void park(struct handoff_trip *trip)
{
    uint32_t *word = &trip->worker->word;
    uint32_t seen = __atomic_or_fetch(word, POOL_PARKED, __ATOMIC_ACQ_REL);
    uint32_t handlers = trip->handlers;
    if (seen & ~(uint32_t)POOL_PARKED)
        return;
    /* One signal may be under way, and find nothing. */
    int ending = is_to_be_interrupted(trip);
    struct timespec left;
    const struct timespec *time = ending ? &half_ms : time_left(trip, &left);
    long result = futex_wait(word, seen, time);
    if (trip->over || !pool_is_current())
        return;
    if (result == -ETIMEDOUT && !ending) {
        trip->expired = 1;
        begin_abort(trip, POOL_ENDS);
    }
    if (result == -EINTR && !time && handlers == trip->handlers && !is_done(trip->worker)) {
        trip->marks |= POOL_PLAIN;
        react(trip, POOL_PLAIN);
    }
    if (ending && is_to_be_interrupted(trip) && has_all_arrived(trip->worker))
        send_abort(trip->worker);
}

/* 1 when the call is over, 0 if this is a fork child, in which nobody makes it. */
static int await_end(struct handoff_trip *trip)
{
    enum { MARKS = POOL_PLAIN | POOL_RESTART | POOL_CANCEL };
    uint32_t *word = &trip->worker->word;
    if (pool_waiting() <= 1)
        spin_for_end(&trip->worker->spin, word, POOL_DONE, POOL_DONE);
    while (!trip->over && pool_is_current()) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        if (seen & POOL_DONE) {
            finish(trip);
        } else if (seen & MARKS) {
            __atomic_fetch_and(word, ~(seen & MARKS), __ATOMIC_ACQ_REL);
            react(trip, seen & MARKS);
        } else {
            park(trip);
        }
    }
    return trip->over;
}

void handoff_cancelled(pthread_t thread)
{
    struct pool_worker *worker = pool_of(thread);
    if (!worker)
        return;
    __atomic_fetch_or(&worker->word, POOL_CANCEL, __ATOMIC_ACQ_REL);
    futex_wake(&worker->word);
}

/* ---- leaving ---- */

void handoff_abandon(void)
{
    struct handoff_trip *trip = handoff_self.trip;
    if (trip && pool_is_current()) {
        if (worker_is_posted(trip->worker) && !trip->over) {
            trip->unwanted = 1;
            begin_abort(trip, POOL_ENDS);
            await_abort(trip, 0);
        }
        if (pool_is_current())
            take_back(trip->worker);
    }
    handoff_self.trip = NULL;
}

static void abandon(void *unused)
{
    (void)unused;
    handoff_abandon();
}

/* ---- the trip ---- */

enum went {
    WENT_NOWHERE, /* no worker is to be had */
    WENT_AWAY,    /* the call is over */
    WENT_IN_VAIN  /* it is to be made again, or this is a fork child, in which nobody makes it */
};

/* As the kernel does it: in the caller's own queue, from itself. */
void handoff_raise(int number)
{
    siginfo_t info;
    int tid = raw_gettid();
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = SI_USER;
    info.si_pid = raw_getpid();
    info.si_uid = (uid_t)arch_syscall(SYS_getuid, 0, 0, 0, 0, 0, 0);
    if (arch_syscall(SYS_rt_tgsigqueueinfo, info.si_pid, tid, number, (long)&info, 0, 0) != 0)
        arch_syscall(SYS_tgkill, info.si_pid, tid, number, 0, 0, 0);
}

static void fill(struct pool_worker *worker, const struct handoff_call *call)
{
    worker->run = call->run;
    worker->frame = call->frame;
    worker->error = errno;
    worker->raised = 0;
}

static void tell(const struct handoff_trip *trip, uint64_t start)
{
    const struct pool_worker *worker = trip->worker;
    handoff_self.outcome = (struct handoff_outcome){
        .route = TRACE_ROUTE_POOL,
        .aborted = trip->aborting && trip->failed == EINTR && !trip->expired,
        .handoff_ticks = worker->began > start ? worker->began - start : 0,
        .run_ticks = worker->ended - worker->began};
}

/* In a function of its own: it is left by unwinding when the thread is cancelled. */
static __attribute__((noinline)) enum went
go(struct handoff_trip *trip, const struct handoff_call *call, unsigned pool, int *reason)
{
    volatile enum went went = WENT_NOWHERE;
    pthread_cleanup_push(abandon, NULL);
    struct pool_worker *worker = trip->worker = pool_claim(pool, reason);
    if (worker) {
        __atomic_store_n(&handoff_self.trip, trip, __ATOMIC_RELEASE);
        uint64_t start = clock_now();
        fill(worker, call);
        spin_begin(&worker->spin, start);
        if (handoff_is_cancellation_point(trip->call))
            pthread_testcancel();
        worker_post(worker);
        went = await_end(trip) ? WENT_AWAY : WENT_IN_VAIN;
        if (pool_is_current() && trip->over) {
            tell(trip, start);
            spin_end(&worker->spin, clock_now(), worker->began - start,
                     worker->ended - worker->began);
            take_back(worker);
        }
        handoff_self.trip = NULL;
    }
    pthread_cleanup_pop(0);
    return went;
}

/* An interrupted call that is to be made again: the handler has SA_RESTART and the kernel would
 * have begun it again, or it was ended for a cancellation that is none. */
static int is_to_be_made_again(const struct handoff_trip *trip)
{
    if (trip->failed != EINTR || trip->marks & POOL_PLAIN || trip->expired)
        return 0;
    return trip->unwanted || (trip->marks & POOL_RESTART && trip->restarts);
}

/* It was ended because its time is over, and not for a handler as well. */
static int is_late(const struct handoff_trip *trip)
{
    return trip->expired && trip->failed == EINTR && !(trip->marks & POOL_PLAIN);
}

static enum went travel(const struct visit *v, const struct handoff_call *call, unsigned pool,
                        uint64_t deadline, int *reason)
{
    struct handoff_trip trip = {.frame = v->frame, .deadline = deadline, .call = call->call};
    int before = errno;
    enum went went = go(&trip, call, pool, reason);
    errno = before;
    if (went != WENT_AWAY)
        return went;
    if (trip.failed == EINTR && handoff_is_cancellation_point(call->call))
        pthread_testcancel();
    if (trip.raised)
        handoff_raise(trip.raised);
    if (is_to_be_made_again(&trip)) {
        errno = before;
        return WENT_IN_VAIN;
    }
    errno = trip.error;
    if (is_late(&trip)) {
        handoff_self.outcome.expired = 1;
        refusal_give(call, ETIMEDOUT);
    }
    return WENT_AWAY;
}

/* ---- in place, or not ---- */

int handoff_in_handler(uintptr_t frame)
{
    struct handoff_self *self = &handoff_self;
    while (self->handler && !signals_is_within(self->handler, frame))
        self->handler = self->handler->outer;
    return self->handler != NULL;
}

static int kept_by_moment(const struct visit *v)
{
    if (worker_self() || v->nested || handoff_self.trip)
        return REASON_NESTED;
    if (handoff_in_handler(v->frame))
        return REASON_HANDLER;
    if (trace_sealed() || !clock_is_here())
        return REASON_FILTER;
    return REASON_NONE;
}

static int is_vfork_child(void)
{
    return pool_pid() && pool_pid() != raw_getpid();
}

int handoff_kept_in_place(const struct visit *v)
{
    int reason = kept_by_moment(v);
    return !reason && is_vfork_child() ? REASON_VFORK : reason;
}

/* Why the call stays where it is; REASON_NONE: it may move. The kernel is asked last whose process
 * this is: a call that stays anyway needs no answer. */
static int kept(const struct visit *v, const struct handoff_call *call)
{
    int reason = kept_by_moment(v);
    if (!reason)
        reason = (int)handoff_self.own_state;
    if (!reason)
        reason = conditions_check(call);
    return !reason && is_vfork_child() ? REASON_VFORK : reason;
}

/* At the first trip of a thread. */
void handoff_know_thread(void)
{
    if (handoff_self.known)
        return;
    handoff_self.known = 1;
    pthread_setspecific(thread_end, &handoff_self);
}

int handoff_away(const struct visit *v, const struct handoff_call *call, unsigned pool,
                 uint64_t deadline_ns, int *reason)
{
    uint64_t deadline = 0;
    enum went went = WENT_IN_VAIN;
    while (went == WENT_IN_VAIN) {
        int saved = errno;
        *reason = kept(v, call);
        if (!*reason)
            handoff_know_thread();
        errno = saved;
        if (*reason)
            return 0;
        if (deadline_ns && !deadline)
            deadline = raw_monotonic() + deadline_ns;
        went = travel(v, call, pool, deadline, reason);
    }
    return went == WENT_AWAY;
}

/* ---- the end of a thread ---- */

/* Workers must not keep a process alive that its own threads have left. A few threads may be left
 * that do not show yet: letting idle workers go costs little. */
static void let_workers_go(void)
{
    struct stat st = {0};
    bulkhead_leave(0);
    force_leave(0);
    if (trace_sealed() || !pool_is_current())
        return;
    if (arch_syscall(SYS_stat, (long)"/proc/self/task", (long)&st, 0, 0, 0, 0) != 0 ||
        st.st_nlink - 2 <= pool_workers() + 2)
        pool_shed(0);
}

/* The ends of others come in between, and may let green threads go on for the last time. */
static void on_thread_end(void *unused)
{
    (void)unused;
    if (handoff_self.known == 1)
        let_workers_go();
    if (handoff_self.known++ < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(thread_end, &handoff_self);
        return;
    }
    kept_leave();
    if (trace_sealed())
        return;
    waiters_leave();
    parcel_leave();
}

int handoff_start(void)
{
    return pthread_key_create(&thread_end, on_thread_end);
}
