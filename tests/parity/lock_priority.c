/* SPDX-License-Identifier: MIT
 *
 * Mutexes that change a thread's priority, or that more than one process has: what each call says,
 * what it leaves in errno, and the priority that the kernel runs the thread with, are as bare. They
 * are tried first, and a try must not show.
 *
 *   lock_priority ceilings     PTHREAD_PRIO_PROTECT, and ceilings that change while a thread waits
 *   lock_priority inherits     PTHREAD_PRIO_INHERIT: who holds runs with the waiter's priority
 *   lock_priority processes    shared between processes, and robust
 *   lock_priority refused      the same ceilings without the right to a priority
 *
 * Where nobody may have a priority (RLIMIT_RTPRIO, no CAP_SYS_NICE), all that is left are errors,
 * and these are compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

enum { NORMAL = 10, CEILING = 20, HIGHER = 25, LOWER = 5, UNTOUCHED = 99 };

static const struct timespec past = {1, 0};
static const struct timespec future = {INT32_MAX, 0};

/* ---- what the kernel says of a thread ---- */

struct kernel_view {
    char state;
    int priority;
};

static struct kernel_view view(int tid)
{
    char path[64], stat[512] = "";
    long priority = 0;
    char state = '?';
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    int fd = open(path, O_RDONLY);
    if (fd >= 0 && read(fd, stat, sizeof stat - 1) > 0)
        sscanf(strrchr(stat, ')') + 2,
               "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %ld", &state, &priority);
    close(fd);
    return (struct kernel_view){state, (int)priority};
}

static int my_tid(void)
{
    return (int)syscall(SYS_gettid);
}

static void pause_shortly(void)
{
    nanosleep(&(struct timespec){0, 500000}, NULL);
}

static int32_t sleeper; /* tid of a thread that is about to wait */

static void await_sleep(void)
{
    while (!__atomic_load_n(&sleeper, __ATOMIC_ACQUIRE) || view(sleeper).state != 'S')
        pause_shortly();
}

/* ---- ways to lock ---- */

static int lock_plainly(pthread_mutex_t *mutex, const struct timespec *until)
{
    (void)until;
    return pthread_mutex_lock(mutex);
}

static int lock_on_clock(pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, until);
}

static int try_lock(pthread_mutex_t *mutex, const struct timespec *until)
{
    (void)until;
    return pthread_mutex_trylock(mutex);
}

static const struct way {
    const char *name;
    int (*lock)(pthread_mutex_t *, const struct timespec *);
    int waits; /* without end */
} ways[] = {{"lock", lock_plainly, 1},
            {"timedlock", pthread_mutex_timedlock, 0},
            {"clocklock", lock_on_clock, 0},
            {"trylock", try_lock, 0}};
enum { WAYS = sizeof ways / sizeof *ways };

static const struct {
    const char *name;
    int type;
} types[] = {{"normal", PTHREAD_MUTEX_NORMAL},
             {"checked", PTHREAD_MUTEX_ERRORCHECK},
             {"recursive", PTHREAD_MUTEX_RECURSIVE}};
enum { TYPES = sizeof types / sizeof *types };

static void tell(const char *what, int result)
{
    printf("%s: %d, errno %d, priority %d\n", what, result, errno, view(my_tid()).priority);
    errno = UNTOUCHED;
}

static int make(pthread_mutex_t *mutex, int type, int protocol, int ceiling, int shared, int robust)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    if (protocol == PTHREAD_PRIO_PROTECT)
        pthread_mutexattr_setprioceiling(&attributes, ceiling);
    pthread_mutexattr_setpshared(&attributes, shared);
    pthread_mutexattr_setrobust(&attributes, robust);
    int result = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result;
}

static void make_simply(pthread_mutex_t *mutex, int type, int protocol, int ceiling)
{
    truth_check(
        make(mutex, type, protocol, ceiling, PTHREAD_PROCESS_PRIVATE, PTHREAD_MUTEX_STALLED) == 0);
}

/* ---- who else holds it ---- */

struct holder {
    pthread_mutex_t *mutex;
    pthread_barrier_t have, give;
    int ceiling; /* that the holder sets before it gives the mutex back; 0 none */
    int priority;
    int waits; /* until somebody sleeps in the mutex */
};

static void *hold(void *data)
{
    struct holder *holder = data;
    truth_check(pthread_mutex_lock(holder->mutex) == 0);
    pthread_barrier_wait(&holder->have);
    pthread_barrier_wait(&holder->give);
    if (holder->waits)
        await_sleep();
    holder->priority = view(my_tid()).priority;
    if (holder->ceiling) {
        int old = 0;
        truth_check(pthread_mutex_setprioceiling(holder->mutex, holder->ceiling, &old) == 0);
        truth_check(old == CEILING);
    }
    truth_check(pthread_mutex_unlock(holder->mutex) == 0);
    return NULL;
}

/* The holder begins with `priority`; 0: that of its creator. */
static pthread_t holder_start(struct holder *holder, int priority)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (priority) {
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &(struct sched_param){priority});
    }
    pthread_barrier_init(&holder->have, NULL, 2);
    pthread_barrier_init(&holder->give, NULL, 2);
    truth_check(pthread_create(&thread, &attributes, hold, holder) == 0);
    pthread_barrier_wait(&holder->have);
    return thread;
}

static void wait_for_holder(struct holder *holder, pthread_t thread, const struct way *way,
                            const char *what)
{
    holder->waits = 1;
    __atomic_store_n(&sleeper, 0, __ATOMIC_RELEASE);
    pthread_barrier_wait(&holder->give);
    __atomic_store_n(&sleeper, my_tid(), __ATOMIC_RELEASE);
    tell(what, way->lock(holder->mutex, &future));
    tell("and back", pthread_mutex_unlock(holder->mutex));
    pthread_join(thread, NULL);
    printf("the holder had priority %d\n", holder->priority);
}

/* ---- ceilings ---- */

static void lock_twice(const struct way *way, int type, int ceiling)
{
    pthread_mutex_t mutex;
    make_simply(&mutex, type, PTHREAD_PRIO_PROTECT, ceiling);
    int result = way->lock(&mutex, &future);
    tell(way->name, result);
    if (result == 0 && (type != PTHREAD_MUTEX_NORMAL || !way->waits))
        tell("once more", way->lock(&mutex, &past));
    for (int i = 0; i < 2 && mutex.__data.__owner; i++)
        tell("and back", pthread_mutex_unlock(&mutex));
    truth_check(pthread_mutex_destroy(&mutex) == 0);
}

static void nest(const struct way *way)
{
    pthread_mutex_t outer, inner;
    make_simply(&outer, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_PROTECT, CEILING);
    make_simply(&inner, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_PROTECT, HIGHER);
    tell("outer", way->lock(&outer, &future));
    tell("inner", way->lock(&inner, &future));
    tell("outer back", pthread_mutex_unlock(&outer));
    tell("outer again, which is below", way->lock(&outer, &future));
    tell("inner back", pthread_mutex_unlock(&inner));
    if (outer.__data.__owner)
        tell("outer back", pthread_mutex_unlock(&outer));
}

static void meet_holder(const struct way *way)
{
    pthread_mutex_t mutex;
    struct holder holder = {.mutex = &mutex};
    /* Its holder can change the ceiling of this type alone. */
    make_simply(&mutex, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_PROTECT, CEILING);
    pthread_t thread = holder_start(&holder, 0);
    if (!way->waits)
        tell("it is another's", way->lock(&mutex, &past));
    tell("tried", pthread_mutex_trylock(&mutex));
    if (way->lock == try_lock) {
        pthread_barrier_wait(&holder.give);
        pthread_join(thread, NULL);
        return;
    }
    wait_for_holder(&holder, thread, way, "waited");
    holder.ceiling = HIGHER;
    thread = holder_start(&holder, 0);
    wait_for_holder(&holder, thread, way, "waited, and its ceiling rose");
    tell("its ceiling is high", way->lock(&mutex, &future));
    tell("and back", pthread_mutex_unlock(&mutex));
}

static void *try_types(void *data)
{
    const struct way *way = data;
    errno = UNTOUCHED;
    for (int t = 0; t < TYPES; t++) {
        printf("%s, %s\n", way->name, types[t].name);
        lock_twice(way, types[t].type, LOWER);
        lock_twice(way, types[t].type, CEILING);
    }
    return NULL;
}

static void *meet_others(void *data)
{
    const struct way *way = data;
    errno = UNTOUCHED;
    printf("%s, others\n", way->name);
    nest(way);
    meet_holder(way);
    return NULL;
}

/* On threads of their own: a timed lock that fails may leave its ceiling to its thread (glibc). */
static void each_way(void *(*run)(void *))
{
    for (int w = 0; w < WAYS; w++) {
        pthread_t thread;
        truth_check(pthread_create(&thread, NULL, run, (void *)&ways[w]) == 0);
        pthread_join(thread, NULL);
    }
}

static void be_fifo(void)
{
    struct sched_param parameter = {NORMAL};
    int result = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
    if (result == 0)
        return;
    printf("no right to a priority (RLIMIT_RTPRIO, CAP_SYS_NICE): %d\n", result);
    each_way(try_types);
    exit(0);
}

static void ceilings(void)
{
    be_fifo();
    each_way(try_types);
    each_way(meet_others);
}

static void refused(void)
{
    truth_check(prctl(PR_CAPBSET_DROP, 23, 0, 0, 0) == 0 || geteuid() != 0); /* CAP_SYS_NICE */
    if (geteuid() == 0)
        truth_check(setresuid(65534, 65534, 65534) == 0);
    each_way(try_types);
}

/* ---- inheritance ---- */

static void inherits(void)
{
    be_fifo();
    for (int w = 0; w < WAYS; w++)
        for (int robust = PTHREAD_MUTEX_STALLED; robust <= PTHREAD_MUTEX_ROBUST; robust++) {
            pthread_mutex_t mutex;
            struct holder holder = {.mutex = &mutex};
            truth_check(make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, 0,
                             PTHREAD_PROCESS_PRIVATE, robust) == 0);
            pthread_t thread = holder_start(&holder, LOWER);
            printf("%s, robust %d\n", ways[w].name, robust);
            tell("tried", pthread_mutex_trylock(&mutex));
            if (ways[w].lock != try_lock) {
                wait_for_holder(&holder, thread, &ways[w], "waited");
                continue;
            }
            pthread_barrier_wait(&holder.give);
            pthread_join(thread, NULL);
            tell("free", ways[w].lock(&mutex, NULL));
            tell("and back", pthread_mutex_unlock(&mutex));
        }
}

/* ---- processes ---- */

struct shared {
    pthread_mutex_t mutex;
    int locked;
};

static void hold_in_child(struct shared *shared, int give_back)
{
    truth_check(pthread_mutex_lock(&shared->mutex) == 0);
    __atomic_store_n(&shared->locked, 1, __ATOMIC_RELEASE);
    pause_shortly();
    if (give_back)
        truth_check(pthread_mutex_unlock(&shared->mutex) == 0);
    fflush(stdout);
    _exit(0);
}

static void share(struct shared *shared, const struct way *way, int give_back)
{
    int status = 0;
    shared->locked = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        hold_in_child(shared, give_back);
    while (!__atomic_load_n(&shared->locked, __ATOMIC_ACQUIRE))
        pause_shortly();
    if (way->lock == try_lock)
        truth_check(waitpid(child, &status, 0) == child);
    int result = way->lock(&shared->mutex, &future);
    tell(give_back ? "had it back" : "its owner died", result);
    if (result == EOWNERDEAD)
        tell("repaired", pthread_mutex_consistent(&shared->mutex));
    tell("and back", pthread_mutex_unlock(&shared->mutex));
    if (way->lock != try_lock)
        truth_check(waitpid(child, &status, 0) == child);
    truth_check(status == 0);
}

static void processes(void)
{
    static const int protocols[] = {PTHREAD_PRIO_NONE, PTHREAD_PRIO_INHERIT};
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int p = 0; p < 2; p++)
        for (int w = 0; w < WAYS; w++) {
            printf("%s, protocol %d\n", ways[w].name, protocols[p]);
            truth_check(make(&shared->mutex, PTHREAD_MUTEX_NORMAL, protocols[p], 0,
                             PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_ROBUST) == 0);
            share(shared, &ways[w], 1);
            share(shared, &ways[w], 0);
            share(shared, &ways[w], 1);
        }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shape;
        void (*run)(void);
    } shapes[] = {{"ceilings", ceilings},
                  {"inherits", inherits},
                  {"processes", processes},
                  {"refused", refused}};
    errno = UNTOUCHED;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes && argc > 1; i++)
        if (!strcmp(shapes[i].shape, argv[1]))
            shapes[i].run();
    return 0;
}
