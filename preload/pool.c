/* SPDX-License-Identifier: MIT
 *
 * See pool.h. Lists of workers are stacks without locks: a signal handler or a fork at any instant
 * finds them whole. A worker that ends leaves its entry in the stack, and whoever meets it there
 * makes it free again.
 *
 * Idle workers lie by the CPU that each ran on last, and a caller takes one of its own CPU's first:
 * the kernel wakes a thread where it ran unless a CPU is idle, and to wake one on another CPU is an
 * interrupt there, and its answer one here.
 */
#include "pool.h"

#include "futex.h"
#include "raw.h"
#include "trace.h"
#include "worker.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>

enum {
    MOST = 64,
    IDLE_LISTS = 32,  /* CPUs beyond share them */
    SHED_TRIES = 500, /* of 100 us */
    REST = 64         /* calls after which growing is tried again when it failed */
};

enum ready { READY_NOT, READY_SOON, READY };

struct pool {
    uint64_t idle[IDLE_LISTS]; /* stacks of workers: number of changes << 32 | index + 1 */
    uint32_t workers;
    uint32_t rest; /* calls left before growing is tried again */
    struct trace_pool *record;
};

/* Wiped in a fork child. */
static struct pool_memory {
    uint32_t ready;   /* enum ready */
    uint32_t orderly; /* made by exec or by fork, and not past fork's handlers */
    int32_t pid;
    uint32_t used; /* entries of `worker` that were ever handed out */
    uint32_t waiting;
    uint64_t free; /* a stack, too */
    struct pool pool[POOLS];
    struct pool_worker worker[POOL_WORKERS];
} * memory;

/* What a fork child keeps. */
static struct {
    char name[16];
    uint32_t most;
    uint64_t idle_ns;
} defined[POOLS] = {{"shunt/default", MOST, 5000000000}};

/* ---- stacks of workers ---- */

static void push(uint64_t *stack, struct pool_worker *worker)
{
    uint64_t index = (uint64_t)(worker - memory->worker) + 1;
    uint64_t top = __atomic_load_n(stack, __ATOMIC_RELAXED), next;
    do {
        __atomic_store_n(&worker->next, (uint32_t)top, __ATOMIC_RELAXED);
        next = ((top >> 32) + 1) << 32 | index;
    } while (
        !__atomic_compare_exchange_n(stack, &top, next, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

static struct pool_worker *pop(uint64_t *stack)
{
    uint64_t top = __atomic_load_n(stack, __ATOMIC_ACQUIRE), next;
    struct pool_worker *worker;
    do {
        if (!(uint32_t)top)
            return NULL;
        worker = &memory->worker[(uint32_t)top - 1];
        next = ((top >> 32) + 1) << 32 | __atomic_load_n(&worker->next, __ATOMIC_RELAXED);
    } while (
        !__atomic_compare_exchange_n(stack, &top, next, 1, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE));
    return worker;
}

static void set_free(struct pool_worker *worker)
{
    __atomic_store_n(&worker->state, POOL_FREE, __ATOMIC_RELAXED);
    push(&memory->free, worker);
}

/* ---- growing and shrinking ---- */

static void count(uint32_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void note_grown(struct pool *pool, uint32_t workers)
{
    struct trace_pool *record = pool->record;
    if (!record)
        return;
    count(&record->grown);
    count(&record->workers);
    uint32_t peak = __atomic_load_n(&record->peak, __ATOMIC_RELAXED);
    while (workers > peak && !__atomic_compare_exchange_n(&record->peak, &peak, workers, 1,
                                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

void pool_shrunk(unsigned number)
{
    struct pool *pool = &memory->pool[number];
    if (pool->record) {
        count(&pool->record->shrunk);
        __atomic_fetch_sub(&pool->record->workers, 1, __ATOMIC_RELAXED);
    }
    __atomic_fetch_sub(&pool->workers, 1, __ATOMIC_RELEASE);
}

static int has_limited_space(void)
{
    static const int kinds[] = {RLIMIT_AS, RLIMIT_DATA};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
        arch_syscall(SYS_prlimit64, 0, kinds[i], 0, (long)&limit, 0, 0);
        if (limit.rlim_cur != RLIM_INFINITY)
            return 1;
    }
    return 0;
}

/* An entry for a new worker of the pool, counted; NULL if there may be no more than `most`. */
static struct pool_worker *new_entry(struct pool *pool, unsigned number, uint32_t most)
{
    if (__atomic_fetch_add(&pool->workers, 1, __ATOMIC_ACQ_REL) < most) {
        struct pool_worker *worker = pop(&memory->free);
        if (!worker && __atomic_load_n(&memory->used, __ATOMIC_RELAXED) < POOL_WORKERS) {
            uint32_t index = __atomic_fetch_add(&memory->used, 1, __ATOMIC_RELAXED);
            worker = index < POOL_WORKERS ? &memory->worker[index] : NULL;
        }
        if (worker) {
            worker_begin(worker);
            worker->pool = (uint16_t)number;
            worker->sent = worker->taken = worker->caught = 0;
            worker->spin = (struct spin){0};
            __atomic_store_n(&worker->state, POOL_CLAIMED, __ATOMIC_RELEASE);
            return worker;
        }
    }
    __atomic_fetch_sub(&pool->workers, 1, __ATOMIC_ACQ_REL);
    return NULL;
}

static struct pool_worker *grow(struct pool *pool, unsigned number, uint32_t most, int *reason)
{
    uint32_t rest = __atomic_load_n(&pool->rest, __ATOMIC_RELAXED);
    *reason = REASON_NO_WORKER;
    if (rest) {
        word_change(&pool->rest, rest, rest - 1);
        return NULL;
    }
    *reason = REASON_ADDRESS_SPACE;
    if (has_limited_space())
        return NULL;
    *reason = REASON_POOL_FULL;
    struct pool_worker *worker = new_entry(pool, number, most);
    if (!worker)
        return NULL;
    if (worker_make(worker) == 0) {
        uint32_t workers = __atomic_load_n(&pool->workers, __ATOMIC_RELAXED);
        if (pool->record && workers > defined[number].most)
            count(&pool->record->beyond);
        note_grown(pool, workers);
        return worker;
    }
    *reason = REASON_NO_WORKER;
    set_free(worker);
    __atomic_fetch_sub(&pool->workers, 1, __ATOMIC_ACQ_REL);
    __atomic_store_n(&pool->rest, REST, __ATOMIC_RELAXED);
    if (pool->record)
        count(&pool->record->refused);
    return NULL;
}

/* ---- from outside ---- */

static struct trace_pool *new_record(unsigned number)
{
    struct trace_pool *record = (void *)trace_meta_new(sizeof *record);
    if (!record)
        return NULL;
    record->pid = memory->pid;
    record->pool = (uint16_t)number;
    memcpy(record->name, defined[number].name + sizeof "shunt/" - 1,
           sizeof record->name - sizeof "shunt/" + 1);
    record->most = defined[number].most;
    trace_commit(&record->head, RECORD_POOL);
    return record;
}

/* The first call of a process or of a fork child; another thread that comes meanwhile runs its call
 * in place. A child that was made past fork's handlers may find libc's locks taken for ever. */
static int enter(int *reason)
{
    *reason = REASON_FORK_CHILD;
    if (!memory->orderly && !__libc_single_threaded)
        return 0;
    *reason = REASON_NO_WORKER;
    if (!word_change(&memory->ready, READY_NOT, READY_SOON))
        return 0;
    __atomic_store_n(&memory->pid, raw_getpid(), __ATOMIC_RELAXED);
    for (unsigned i = 0; i < POOLS; i++)
        if (defined[i].most)
            memory->pool[i].record = new_record(i);
    __atomic_store_n(&memory->ready, READY, __ATOMIC_RELEASE);
    return 1;
}

/* From the list of this CPU, else from whichever has one. */
static struct pool_worker *claim_idle(struct pool *pool)
{
    unsigned here = (unsigned)sched_getcpu();
    for (unsigned i = 0; i < IDLE_LISTS; i++) {
        struct pool_worker *worker;
        while ((worker = pop(&pool->idle[(here + i) % IDLE_LISTS]))) {
            if (word_change(&worker->state, POOL_IDLE, POOL_CLAIMED))
                return worker;
            set_free(worker);
        }
    }
    return NULL;
}

static struct pool_worker *claim(unsigned number, uint32_t most, int *reason)
{
    struct pool_worker *worker = NULL;
    int saved = errno;
    *reason = REASON_NO_WORKER;
    if (memory && (pool_is_current() || enter(reason))) {
        struct pool *pool = &memory->pool[number];
        worker = claim_idle(pool);
        if (!worker)
            worker = grow(pool, number, most, reason);
    }
    if (worker) {
        __atomic_fetch_add(&memory->waiting, 1, __ATOMIC_RELAXED);
        worker_claimed(worker);
        worker->word = 0;
        worker->over = NULL;
        worker->abort = POOL_GOES_ON;
        worker->caught = 0;
    }
    errno = saved;
    return worker;
}

struct pool_worker *pool_claim(unsigned number, int *reason)
{
    struct pool_worker *worker = claim(number, defined[number].most, reason);
    if (worker) {
        __atomic_store_n(&worker->caller, pthread_self(), __ATOMIC_RELAXED);
        /* Before the caller looks whether it was cancelled; see pool_of. */
        __atomic_fetch_add(&worker->claims, 1, __ATOMIC_SEQ_CST);
    }
    return worker;
}

struct pool_worker *pool_claim_beyond(unsigned number, int *reason)
{
    return claim(number, POOL_WORKERS, reason);
}

void pool_release(struct pool_worker *worker)
{
    /* A child that a handler forked, and left by its return, has found it wiped. */
    if (!word_change(&worker->state, POOL_CLAIMED, POOL_IDLE))
        return;
    __atomic_fetch_sub(&memory->waiting, 1, __ATOMIC_RELAXED);
    if (!worker->over)
        __atomic_fetch_add(&worker->claims, 1, __ATOMIC_SEQ_CST);
    push(&memory->pool[worker->pool].idle[worker->cpu % IDLE_LISTS], worker);
}

int pool_is_current(void)
{
    return memory && __atomic_load_n(&memory->ready, __ATOMIC_ACQUIRE) == READY;
}

int32_t pool_pid(void)
{
    return __atomic_load_n(&memory->pid, __ATOMIC_RELAXED);
}

uint32_t pool_waiting(void)
{
    return __atomic_load_n(&memory->waiting, __ATOMIC_RELAXED);
}

uint32_t pool_workers(void)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < POOLS; i++)
        sum += __atomic_load_n(&memory->pool[i].workers, __ATOMIC_RELAXED);
    return sum;
}

const char *pool_name(unsigned number)
{
    return defined[number].name;
}

uint64_t pool_idle(unsigned number)
{
    return defined[number].idle_ns;
}

struct pool_worker *pool_of(pthread_t caller)
{
    if (!pool_is_current())
        return NULL;
    uint32_t used = __atomic_load_n(&memory->used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used && i < POOL_WORKERS; i++) {
        struct pool_worker *worker = &memory->worker[i];
        if (__atomic_load_n(&worker->claims, __ATOMIC_SEQ_CST) & 1 &&
            pthread_equal(__atomic_load_n(&worker->caller, __ATOMIC_RELAXED), caller))
            return worker;
    }
    return NULL;
}

static int is_gone(int32_t tid)
{
    return arch_syscall(SYS_tgkill, memory->pid, tid, 0, 0, 0, 0) != 0;
}

int pool_shed(int wait)
{
    static const struct timespec moment = {0, 100000};
    int32_t told[POOL_WORKERS];
    int count = 0;
    uint32_t used = pool_is_current() ? __atomic_load_n(&memory->used, __ATOMIC_ACQUIRE) : 0;
    for (uint32_t i = 0; i < used && i < POOL_WORKERS; i++)
        if (worker_dismiss(&memory->worker[i]))
            told[count++] = __atomic_load_n(&memory->worker[i].tid, __ATOMIC_RELAXED);
    for (int i = 0, tries = 0; wait && i < count; i++)
        while (!is_gone(told[i]) && tries++ < SHED_TRIES)
            arch_syscall(SYS_nanosleep, (long)&moment, 0, 0, 0, 0, 0);
    return count;
}

/* ---- start ---- */

static void after_fork(void)
{
    memory->orderly = 1;
    __atomic_store_n(&memory->pid, raw_getpid(), __ATOMIC_RELAXED); /* a vfork child's is another */
}

void pool_define(unsigned number, const char *name, uint32_t most, uint64_t idle_ns)
{
    snprintf(defined[number].name, sizeof defined[number].name, "shunt/%.9s", name);
    defined[number].most = most;
    defined[number].idle_ns = idle_ns;
}

int pool_start(void)
{
    size_t size = (sizeof *memory + 4095) & ~(size_t)4095;
    void *made = raw_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (raw_mmap_failed(made))
        return -ENOMEM;
    if (raw_madvise(made, size, MADV_WIPEONFORK) != 0) {
        raw_munmap(made, size);
        return -ENOSYS;
    }
    worker_start();
    spin_start();
    memory = made;
    memory->pid = raw_getpid();
    memory->orderly = 1;
    return -pthread_atfork(NULL, NULL, after_fork);
}
