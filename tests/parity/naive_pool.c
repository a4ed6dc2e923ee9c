/* SPDX-License-Identifier: MIT
 *
 * What a thread pool does that nobody thought about twice: calls are queued, a fixed number of
 * workers executes them one after the other, the caller sleeps until its call is done. A preload of
 * its own, to show that the parity tests can fail: each of them runs under it as well, and must
 * come out otherwise than bare (see in_every_way).
 *
 * $NAIVE adds a trait: "errno" forgets to carry errno back; "slow" takes its time with the queue,
 * so that a signal handler surely comes into it; "hasty" ends the caller's wait with EINTR after
 * any handler, and leaves the call to its worker; "deaf" has workers that block every signal, those
 * of libc between its threads as well.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 4

typedef long function(long, long, long, long, long, long);

struct job {
    struct job *next;
    function *run;
    long argument[6];
    long result;
    int error;
    uint32_t done; /* futex */
};

static struct job *first, **last = &first;
static uint32_t lock, posted; /* futexes */
static int started, stopping, forgets_errno, is_slow, is_hasty, is_deaf;
static pthread_t workers[WORKERS];
static __thread int is_worker;

static void futex_wait(uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void take(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        futex_wait(&lock, 1);
}

static void give(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    futex_wake(&lock);
}

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static struct job *next_job(void)
{
    for (;;) {
        uint32_t seen = __atomic_load_n(&posted, __ATOMIC_ACQUIRE);
        take();
        struct job *job = first;
        if (job && !(first = job->next))
            last = &first;
        int stop = stopping && !job;
        give();
        if (job || stop)
            return job;
        futex_wait(&posted, seen);
    }
}

static void *work(void *unused)
{
    uint64_t all = ~0ull;
    (void)unused;
    is_worker = 1;
    if (is_deaf)
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
    for (struct job *job; (job = next_job());) {
        const long *a = job->argument;
        errno = job->error;
        job->result = job->run(a[0], a[1], a[2], a[3], a[4], a[5]);
        job->error = errno;
        __atomic_store_n(&job->done, 1, __ATOMIC_RELEASE);
        futex_wake(&job->done);
    }
    return NULL;
}

static void start(void)
{
    sigset_t all, mask;
    const char *trait = getenv("NAIVE");
    int (*set_mask)(int, const sigset_t *, sigset_t *) = real("pthread_sigmask");
    forgets_errno = trait && !strcmp(trait, "errno");
    is_slow = trait && !strcmp(trait, "slow");
    is_hasty = trait && !strcmp(trait, "hasty");
    is_deaf = trait && !strcmp(trait, "deaf");
    sigfillset(&all);
    set_mask(SIG_SETMASK, &all, &mask);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, NULL);
    set_mask(SIG_SETMASK, &mask, NULL);
}

/* 0: interrupted by a handler. A wait that has a limit is, whether the handler has SA_RESTART or
 * not. */
static int await(struct job *job)
{
    const struct timespec moment = {1, 0};
    while (!__atomic_load_n(&job->done, __ATOMIC_ACQUIRE))
        if (!is_hasty)
            futex_wait(&job->done, 0);
        else if (syscall(SYS_futex, &job->done, FUTEX_WAIT_PRIVATE, 0, &moment, NULL, 0) != 0 &&
                 errno == EINTR)
            return 0;
    return 1;
}

static void post(struct job *job)
{
    take();
    if (is_slow)
        syscall(SYS_nanosleep, &(struct timespec){0, 50000}, NULL);
    *last = job;
    last = &job->next;
    give();
    __atomic_fetch_add(&posted, 1, __ATOMIC_RELEASE);
    futex_wake(&posted);
}

static long move(function *run, long a, long b, long c, long d, long e, long f)
{
    if (is_worker)
        return run(a, b, c, d, e, f);
    if (!__atomic_exchange_n(&started, 1, __ATOMIC_ACQ_REL))
        start();
    struct job *job = malloc(sizeof *job);
    if (!job)
        abort();
    *job = (struct job){.run = run, .argument = {a, b, c, d, e, f}, .error = errno};
    post(job);
    if (!await(job))
        return -1;
    long result = job->result;
    int error = job->error;
    free(job);
    if (!forgets_errno)
        errno = error;
    return result;
}

/* It waits for its workers, as a tidy library would. */
static __attribute__((destructor)) void stop(void)
{
    int (*join)(pthread_t, void **) = real("pthread_join");
    stopping = 1;
    __atomic_fetch_add(&posted, 1, __ATOMIC_RELEASE);
    futex_wake(&posted);
    for (int i = 0; started && i < WORKERS; i++)
        join(workers[i], NULL);
}

/* All arguments are integers or pointers, so one shape fits all. */
#define NAIVE(name)                                                                          \
    long naive_##name(long a, long b, long c, long d, long e, long f) __asm__(#name);        \
    __attribute__((visibility("default"))) long naive_##name(long a, long b, long c, long d, \
                                                             long e, long f)                 \
    {                                                                                        \
        static function *next;                                                               \
        if (!next)                                                                           \
            next = (function *)real(#name);                                                  \
        return move(next, a, b, c, d, e, f);                                                 \
    }

NAIVE(read)
NAIVE(write)
NAIVE(readv)
NAIVE(writev)
NAIVE(recv)
NAIVE(recvfrom)
NAIVE(recvmsg)
NAIVE(send)
NAIVE(sendto)
NAIVE(open)
NAIVE(openat)
NAIVE(close)
NAIVE(flock)
NAIVE(access)
NAIVE(connect)
NAIVE(accept)
NAIVE(poll)
NAIVE(ppoll)
NAIVE(select)
NAIVE(epoll_wait)
NAIVE(epoll_pwait)
NAIVE(usleep)
NAIVE(nanosleep)
NAIVE(msgrcv)
NAIVE(msgsnd)
NAIVE(semop)
NAIVE(sem_wait)
NAIVE(waitpid)
NAIVE(ptrace)
NAIVE(sigwait)
NAIVE(sigwaitinfo)
NAIVE(sigtimedwait)
NAIVE(pthread_mutex_lock)
NAIVE(pthread_cond_wait)
NAIVE(pthread_rwlock_wrlock)
NAIVE(pthread_join)
NAIVE(fgets)
NAIVE(fgetc)
NAIVE(fgetwc)
NAIVE(fputs)
NAIVE(fflush)
NAIVE(res_query)
