/* SPDX-License-Identifier: MIT
 *
 * See taint.h. libc's setuid and its like tell every thread, workers included: they are none of
 * these; the raw system calls are.
 */
#include "taint.h"

#include "handoff.h"
#include "pool.h"
#include "raw.h"
#include "real.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

uint32_t taint_process;
uint32_t taint_signalfd;
uint32_t taint_cancel;

static struct real_calls next;

/* ---- who is meant ---- */

static void taint_self(void)
{
    handoff_self.own_state = REASON_THREAD_STATE;
}

/* Whoever it is: another thread's state cannot be written from here. */
static void taint_other(void)
{
    __atomic_store_n(&taint_process, REASON_THREAD_STATE, __ATOMIC_RELAXED);
}

static void taint_task(long id)
{
    if (id == 0 || id == raw_gettid())
        taint_self();
    else
        taint_other();
}

static void taint_thread(pthread_t thread)
{
    if (pthread_equal(thread, pthread_self()))
        taint_self();
    else
        taint_other();
}

/* A new thread inherits what its maker has acquired. */
static void taint_heir(void)
{
    if (handoff_self.own_state)
        taint_other();
}

/* ---- the setters ---- */

#define STAYS(name, result, taint, params, ...) \
    static result routed_##name params          \
    {                                           \
        taint;                                  \
        return next.name(__VA_ARGS__);          \
    }

STAYS(unshare, int, taint_self(), (int flags), flags)
STAYS(setns, int, taint_self(), (int fd, int type), fd, type)
STAYS(setfsuid, int, taint_self(), (uid_t uid), uid)
STAYS(setfsgid, int, taint_self(), (gid_t gid), gid)
STAYS(personality, int, taint_self(), (unsigned long persona), persona)
STAYS(capset, int, taint_self(),
      (struct __user_cap_header_struct * header, const struct __user_cap_data_struct *data), header,
      data)
STAYS(nice, int, taint_self(), (int increment), increment)
STAYS(setpriority, int, which == PRIO_PROCESS ? taint_task((long)who) : taint_other(),
      (__priority_which_t which, id_t who, int priority), which, who, priority)
STAYS(sched_setscheduler, int, taint_task(pid),
      (pid_t pid, int policy, const struct sched_param *param), pid, policy, param)
STAYS(sched_setparam, int, taint_task(pid), (pid_t pid, const struct sched_param *param), pid,
      param)
STAYS(sched_setaffinity, int, taint_task(pid), (pid_t pid, size_t size, const cpu_set_t *set), pid,
      size, set)
STAYS(old_sched_setaffinity, int, taint_task(pid), (pid_t pid, size_t size, const cpu_set_t *set),
      pid, size, set)
STAYS(pthread_setaffinity_np, int, taint_thread(thread),
      (pthread_t thread, size_t size, const cpu_set_t *set), thread, size, set)
STAYS(old_pthread_setaffinity_np, int, taint_thread(thread),
      (pthread_t thread, size_t size, const cpu_set_t *set), thread, size, set)
STAYS(pthread_setschedparam, int, taint_thread(thread),
      (pthread_t thread, int policy, const struct sched_param *param), thread, policy, param)
STAYS(thrd_create, int, taint_heir(), (thrd_t * thread, thrd_start_t function, void *argument),
      thread, function, argument)

/* A worker of ours may be the task too many. */
static int routed_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                 thread_function *function, void *argument)
{
    taint_heir();
    int error = next.pthread_create(thread, attributes, function, argument);
    if (error == EAGAIN && pool_shed(1))
        error = next.pthread_create(thread, attributes, function, argument);
    return error;
}

static pid_t routed_fork(void)
{
    pid_t child = next.fork();
    if (child == -1 && errno == EAGAIN && pool_shed(1))
        child = next.fork();
    return child;
}

/* What prctl may do without making its thread different from others. */
static int is_harmless(int option)
{
    static const int harmless[] = {
        PR_SET_NAME,
        PR_GET_NAME,
        PR_SET_DUMPABLE,
        PR_GET_DUMPABLE,
        PR_SET_PDEATHSIG,
        PR_GET_PDEATHSIG,
        PR_SET_CHILD_SUBREAPER,
        PR_GET_CHILD_SUBREAPER,
        PR_SET_PTRACER,
        PR_SET_VMA,
        PR_SET_MM,
        PR_SET_THP_DISABLE,
        PR_GET_THP_DISABLE,
        PR_CAPBSET_READ,
        PR_GET_SECCOMP,
        PR_GET_NO_NEW_PRIVS,
        PR_GET_TIMERSLACK,
        PR_GET_KEEPCAPS,
        PR_GET_SECUREBITS,
        PR_GET_TSC,
        PR_GET_TID_ADDRESS,
        PR_GET_UNALIGN,
        PR_GET_ENDIAN,
        PR_GET_FPEMU,
        PR_GET_TIMING,
        PR_MCE_KILL_GET,
        PR_GET_FP_MODE,
        PR_GET_SPECULATION_CTRL,
        PR_GET_IO_FLUSHER,
    };
    for (unsigned i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (harmless[i] == option)
            return 1;
    return 0;
}

/* Workers go first: a thread that may not make the system calls of a regular end would leave its
 * status to them. */
static void taint_filter(void)
{
    __atomic_store_n(&taint_process, REASON_FILTER, __ATOMIC_RELAXED);
    pool_shed(1);
}

static void taint_by_prctl(int option)
{
    if (option == PR_SET_SECCOMP)
        taint_filter();
    else if (!is_harmless(option))
        taint_self();
}

static int routed_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                        unsigned long d)
{
    taint_by_prctl(option);
    return next.prctl(option, a, b, c, d);
}

static void taint_by_number(long number, long a)
{
    switch (number) {
    case SYS_prctl:
        taint_by_prctl((int)a);
        break;
    case SYS_seccomp:
        if (a <= SECCOMP_SET_MODE_FILTER)
            taint_filter();
        break;
    case SYS_signalfd:
    case SYS_signalfd4:
        __atomic_store_n(&taint_signalfd, 1, __ATOMIC_RELAXED);
        break;
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_setgroups:
    case SYS_setfsuid:
    case SYS_setfsgid:
    case SYS_capset:
    case SYS_unshare:
    case SYS_setns:
    case SYS_personality:
    case SYS_keyctl:
    case SYS_set_mempolicy:
    case 444 /* landlock_create_ruleset */:
    case 446 /* landlock_restrict_self */:
        taint_self();
        break;
    case SYS_sched_setscheduler:
    case SYS_sched_setparam:
    case SYS_sched_setattr:
    case SYS_sched_setaffinity:
        taint_task(a);
        break;
    case SYS_setpriority:
    case SYS_ioprio_set:
        taint_other(); /* both say in another argument whom */
        break;
    case SYS_clone:
    case SYS_clone3:
        taint_heir();
        break;
    default:
        break;
    }
}

static long routed_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    taint_by_number(number, a);
    return next.syscall(number, a, b, c, d, e, f);
}

/* Taken when pthread_cancel is called for a thread that waits for a worker. */
static int routed_pthread_cancel(pthread_t thread)
{
    __atomic_store_n(&taint_cancel, 1, __ATOMIC_SEQ_CST);
    int result = next.pthread_cancel(thread);
    if (result == 0)
        handoff_cancelled(thread);
    return result;
}

/* Without room for real-time signals no call on a worker could be ended early. */
void taint_by_limit(int resource, uint64_t most)
{
    enum { SIGNALS_LEAST = 64 };
    if (resource == RLIMIT_SIGPENDING && most < SIGNALS_LEAST)
        __atomic_store_n(&taint_process, REASON_SIGNALS, __ATOMIC_RELAXED);
}

void taint_start(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    arch_syscall(SYS_prlimit64, 0, RLIMIT_SIGPENDING, 0, (long)&limit, 0, 0);
    taint_by_limit(RLIMIT_SIGPENDING, limit.rlim_cur);
    next = real_calls;
#define TAKE_PLACE(name) real_calls.name = routed_##name
    TAKE_PLACE(unshare);
    TAKE_PLACE(setns);
    TAKE_PLACE(setfsuid);
    TAKE_PLACE(setfsgid);
    TAKE_PLACE(personality);
    TAKE_PLACE(capset);
    TAKE_PLACE(nice);
    TAKE_PLACE(setpriority);
    TAKE_PLACE(sched_setscheduler);
    TAKE_PLACE(sched_setparam);
    TAKE_PLACE(sched_setaffinity);
    TAKE_PLACE(old_sched_setaffinity);
    TAKE_PLACE(pthread_setaffinity_np);
    TAKE_PLACE(old_pthread_setaffinity_np);
    TAKE_PLACE(pthread_setschedparam);
    TAKE_PLACE(pthread_create);
    TAKE_PLACE(thrd_create);
    TAKE_PLACE(fork);
    TAKE_PLACE(prctl);
    TAKE_PLACE(syscall);
    TAKE_PLACE(pthread_cancel);
#undef TAKE_PLACE
}
