/* SPDX-License-Identifier: MIT
 *
 * See noise_rules.h. Names are as the sources of each program have them: CPython 3.8 to 3.12
 * (Python/ceval_gil.h), OpenJDK 17 (os_posix.cpp, objectMonitor.cpp), jemalloc 5, gperftools 2.
 */
#include "noise_rules.h"

#include "text.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name; /* its beginning */
    enum noise_kind kind;
} kinds[] = {
    {"pthread_cond_", KIND_CONDITION},
    {"cnd_", KIND_CONDITION},
    {"sem_wait", KIND_SEMAPHORE},
    {"sem_timedwait", KIND_SEMAPHORE},
    {"sem_clockwait", KIND_SEMAPHORE},
    {"semop", KIND_SEMAPHORE},
    {"semtimedop", KIND_SEMAPHORE},
    {"syscall:futex", KIND_CONDITION},
    {"pthread_mutex_", KIND_LOCK},
    {"pthread_rwlock_", KIND_LOCK},
    {"pthread_spin_", KIND_LOCK},
    {"mtx_", KIND_LOCK},
    {"msgrcv", KIND_QUEUE},
    {"mq_receive", KIND_QUEUE},
    {"mq_timedreceive", KIND_QUEUE},
    {"accept", KIND_QUEUE},
    {"sigwait", KIND_QUEUE},
    {"sigtimedwait", KIND_QUEUE},
    {"pause", KIND_QUEUE},
    {"sigsuspend", KIND_QUEUE},
};

enum noise_kind noise_kind(const struct trace_call *call)
{
    if (!call)
        return KIND_NONE;
    if (call->blocks == BLOCKS_READY)
        return KIND_READY;
    if (call->blocks == BLOCKS_TIMER)
        return KIND_TIMER;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_starts(call->name, kinds[i].name))
            return kinds[i].kind;
    return KIND_NONE;
}

static const char *const gil[] = {"take_gil",
                                  "drop_gil",
                                  "PyEval_RestoreThread",
                                  "PyEval_SaveThread",
                                  "PyEval_AcquireThread",
                                  "PyEval_ReleaseThread",
                                  "PyGILState_Ensure",
                                  "PyGILState_Release",
                                  "_PyEval_EvalFrameDefault",
                                  "eval_frame_handle_pending",
                                  "_PyThreadState_",
                                  NULL};

bool noise_is_gil(const char *module, const char *function)
{
    if (!text_starts(module, "python3") && !text_starts(module, "libpython3"))
        return false;
    for (size_t i = 0; function && gil[i]; i++)
        if (text_starts(function, gil[i]))
            return true;
    return !function;
}

/* A contended `synchronized`: somebody holds it. */
static const char *const java_contention[] = {"ObjectMonitor::enter", "ObjectMonitor::EnterI",
                                              "ObjectMonitor::ReenterI", NULL};
static const char *const java_parks[] = {"Parker::park", "ObjectMonitor::wait", NULL};
/* Threads of the machine's own; a Java thread that waits for them is held up. */
static const char *const java_inner[] = {"os::PlatformMonitor::wait", "Monitor::wait", NULL};
static const char *const java_held_up[] = {"VMThread::execute", "VMThread::wait_until_executed",
                                           NULL};
static const char *const arena_locks[] = {"je_",      "malloc_mutex_lock", "tcache_",  "arena_",
                                          "tc_",      "tcmalloc::",        "SpinLock", "mi_",
                                          "sdallocx", "mallocx",           NULL};

/* CPython waits for its lock with a condition variable, for the program's locks with semaphores. */
const struct noise_rule noise_rules[] = {
    {.noise = NOISE_GIL,
     .kinds = KIND_CONDITION | KIND_LOCK,
     .module = "python3",
     .functions = gil,
     .within = 3,
     .unnamed_too = true,
     .of_main_too = true},
    {.noise = NOISE_GIL,
     .kinds = KIND_CONDITION | KIND_LOCK,
     .module = "libpython3",
     .functions = gil,
     .within = 3,
     .unnamed_too = true,
     .of_main_too = true},
    {.noise = NOISE_ALLOCATOR,
     .kinds = KIND_LOCK | KIND_CONDITION,
     .module = "libjemalloc",
     .of_main_too = true},
    {.noise = NOISE_ALLOCATOR,
     .kinds = KIND_LOCK | KIND_CONDITION,
     .module = "libtcmalloc",
     .of_main_too = true},
    {.noise = NOISE_ALLOCATOR,
     .kinds = KIND_LOCK | KIND_CONDITION,
     .module = "libmimalloc",
     .of_main_too = true},
    {.noise = NOISE_ALLOCATOR,
     .kinds = KIND_LOCK,
     .functions = arena_locks,
     .within = 2,
     .of_main_too = true},
    /* queue.SimpleQueue, as ThreadPoolExecutor's workers have it */
    {.noise = NOISE_IDLE_WORKER,
     .kinds = KIND_CONDITION | KIND_SEMAPHORE,
     .via = "_queue.",
     .within = 6},
    {.noise = NOISE_IDLE_WORKER,
     .kinds = KIND_CONDITION,
     .module = "libjvm",
     .functions = java_inner,
     .within = 2,
     .but_not = java_held_up},
    {.noise = NOISE_IDLE_WORKER,
     .kinds = KIND_CONDITION,
     .module = "libjvm",
     .functions = java_parks,
     .within = 6,
     .takes_most = true,
     .but_not = java_contention},
};
const unsigned noise_rule_count = sizeof noise_rules / sizeof *noise_rules;
