/* SPDX-License-Identifier: MIT
 *
 * See worker.h.
 */
#include "worker.h"

#include "clock.h"
#include "futex.h"
#include "lookup.h"
#include "mask.h"
#include "raw.h"
#include "real.h"
#include "signals.h"
#include "thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>

enum { STACK = 256 << 10 /* beside what libc and the program's thread-local storage take */ };

enum inbox { INBOX_EMPTY, INBOX_SLEEPS, INBOX_POSTED, INBOX_TAKEN };

static size_t (*least_stack)(const pthread_attr_t *);
static __typeof__(real_calls.pthread_create) make; /* before anything of ours takes its place */
static __thread struct pool_worker *self;

/* ---- its life ---- */

/* 1 if the worker is to end: it was idle for long, or told to, and nobody has claimed it. From then
 * on its entry may be another's. */
static int retire(struct pool_worker *worker)
{
    unsigned pool = worker->pool;
    if (!word_change(&worker->state, POOL_IDLE, POOL_RETIRED))
        return 0;
    self = NULL;
    pool_shrunk(pool);
    return 1;
}

/* Sleeps until a call is posted; 0: the worker has retired. */
static int await_call(struct pool_worker *worker, const struct timespec *idle)
{
    word_change(&worker->inbox, INBOX_TAKEN, INBOX_EMPTY);
    for (;;) {
        if ((pool_waiting() <= 1 &&
             spin_for_call(&worker->spin, &worker->inbox, ~0u, INBOX_POSTED)) ||
            !word_change(&worker->inbox, INBOX_EMPTY, INBOX_SLEEPS))
            if (__atomic_load_n(&worker->inbox, __ATOMIC_ACQUIRE) == INBOX_POSTED)
                break;
        int told = (int)__atomic_exchange_n(&worker->leave, 0, __ATOMIC_SEQ_CST);
        long result = told ? 0 : futex_wait(&worker->inbox, INBOX_SLEEPS, idle);
        if (__atomic_load_n(&worker->inbox, __ATOMIC_ACQUIRE) == INBOX_POSTED)
            break;
        if ((told || result == -ETIMEDOUT) && retire(worker))
            return 0;
    }
    __atomic_store_n(&worker->inbox, INBOX_TAKEN, __ATOMIC_RELEASE);
    return 1;
}

/* What the kernel sent to this thread and meant for the caller: a worker blocks it, takes it, and
 * the caller raises it. */
static int take_signal(int error)
{
    int number = error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0;
    if (!number)
        return 0;
    uint64_t set = 1ull << (number - 1);
    static const struct timespec none;
    return arch_syscall(SYS_rt_sigtimedwait, (long)&set, 0, (long)&none, sizeof set, 0, 0) == number
               ? number
               : 0;
}

/* What interrupts a worker beside the abort signal comes to every thread alike (libc's setuid, a
 * stop): its EINTR is the caller's, who would have got it, too. */
static void run_call(struct pool_worker *worker)
{
    worker->began = clock_now();
    errno = worker->error;
    __atomic_store_n(&worker->running, 1, __ATOMIC_SEQ_CST);
    worker->failed = worker->run(worker->frame);
    __atomic_store_n(&worker->running, 0, __ATOMIC_SEQ_CST);
    worker->error = errno;
    worker->raised = take_signal(worker->error);
    worker->ended = clock_now();
    worker->cpu = (uint16_t)sched_getcpu();
    if (worker->over)
        worker->over(worker);
    else if (__atomic_fetch_or(&worker->word, POOL_DONE, __ATOMIC_ACQ_REL) & POOL_PARKED)
        futex_wake(&worker->word);
}

static void *work(void *argument)
{
    struct pool_worker *worker = argument;
    uint64_t blocked = signals_worker_mask();
    arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&blocked, 0, sizeof blocked, 0, 0);
    arch_syscall(SYS_prctl, PR_SET_NAME, (long)pool_name(worker->pool), 0, 0, 0, 0);
    thread_hide();
    uint64_t ns = pool_idle(worker->pool);
    struct timespec idle = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    self = worker;
    __atomic_store_n(&worker->tid, raw_gettid(), __ATOMIC_RELEASE);
    while (await_call(worker, &idle))
        run_call(worker);
    return NULL;
}

/* A handler that jumps out must not leave libc's locks behind. */
int worker_make(struct pool_worker *worker)
{
    pthread_attr_t attributes;
    pthread_t thread;
    uint64_t before = mask_all_but(0);
    int error = pthread_attr_init(&attributes);
    if (!error) {
        size_t least = least_stack ? least_stack(&attributes) : (size_t)PTHREAD_STACK_MIN;
        pthread_attr_setstacksize(&attributes, (least + STACK + 4095) & ~(size_t)4095);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        error = make(&thread, &attributes, work, worker);
        pthread_attr_destroy(&attributes);
    }
    mask_end(before);
    return error;
}

/* ---- from outside ---- */

void worker_start(void)
{
    make = REAL(pthread_create);
    *(void **)&least_stack = lookup_in(RTLD_DEFAULT, "__pthread_get_minstack");
}

struct pool_worker *worker_self(void)
{
    return self;
}

void worker_begin(struct pool_worker *worker)
{
    __atomic_store_n(&worker->inbox, INBOX_EMPTY, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->tid, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->leave, 0, __ATOMIC_RELAXED);
}

void worker_claimed(struct pool_worker *worker)
{
    word_change(&worker->inbox, INBOX_TAKEN, INBOX_EMPTY);
}

void worker_post(struct pool_worker *worker)
{
    if (__atomic_exchange_n(&worker->inbox, INBOX_POSTED, __ATOMIC_ACQ_REL) != INBOX_EMPTY)
        futex_wake(&worker->inbox);
}

int worker_is_posted(const struct pool_worker *worker)
{
    uint32_t inbox = __atomic_load_n(&worker->inbox, __ATOMIC_ACQUIRE);
    return inbox == INBOX_POSTED || inbox == INBOX_TAKEN ||
           __atomic_load_n(&worker->word, __ATOMIC_ACQUIRE) & POOL_DONE;
}

void worker_rouse(struct pool_worker *worker)
{
    if (__atomic_load_n(&worker->inbox, __ATOMIC_ACQUIRE) == INBOX_POSTED)
        futex_wake(&worker->inbox);
}

/* Not a word of the inbox, which is by then perhaps another caller's. The worker asks when it has
 * said that it sleeps. */
int worker_dismiss(struct pool_worker *worker)
{
    if (__atomic_load_n(&worker->state, __ATOMIC_ACQUIRE) != POOL_IDLE)
        return 0;
    __atomic_store_n(&worker->leave, 1, __ATOMIC_SEQ_CST);
    if (word_change(&worker->inbox, INBOX_SLEEPS, INBOX_EMPTY))
        futex_wake(&worker->inbox);
    return 1;
}
