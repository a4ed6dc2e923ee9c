/* SPDX-License-Identifier: MIT
 *
 * Locks whose waits and holders are known by construction.
 *
 *   locks mutex|write|read    one thread sleeps while it holds the lock, another waits for it: how
 *                             long, for whom, and in what the holder was
 *   locks free                200 threads take locks that are free: each is counted, none is timed
 *   locks order               locks given back in another order, and more at once than are followed
 *   locks handed              a lock that another thread gives back is not held any more
 *   locks handler             a signal handler takes locks of its own while a lock is waited for
 *   locks fork                a child does not hold what its parent held
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define THREADS 50
#define ROUNDS  4
#define TURNS   2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static const char *shape;
static int waiter, holder; /* thread ids once they are about to sleep */

static void wait_for(const int *tid)
{
    while (!__atomic_load_n(tid, __ATOMIC_ACQUIRE) || !truth_is_asleep(*tid))
        sched_yield();
}

static void say(int *tid)
{
    __atomic_store_n(tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void sleep_ms(int ms)
{
    struct timespec time = {0, ms * 1000000L};
    truth_check(nanosleep(&time, NULL) == 0);
}

static void take(void)
{
    if (!strcmp(shape, "mutex"))
        truth_check(pthread_mutex_lock(&mutex) == 0);
    else if (!strcmp(shape, "write"))
        truth_check(pthread_rwlock_wrlock(&rwlock) == 0);
    else
        truth_check(pthread_rwlock_rdlock(&rwlock) == 0);
}

static void give(void)
{
    if (!strcmp(shape, "mutex"))
        truth_check(pthread_mutex_unlock(&mutex) == 0);
    else
        truth_check(pthread_rwlock_unlock(&rwlock) == 0);
}

/* The last sleep begins after the other waits. */
TRUTH_RANGE(holds);
TRUTH(holds) static void *holds(void *arg)
{
    take();
    say(&holder);
    do
        sleep_ms(60);
    while (!__atomic_load_n(&waiter, __ATOMIC_ACQUIRE) || !truth_is_asleep(waiter));
    sleep_ms(60);
    give();
    return arg;
}

TRUTH_RANGE(wants);
TRUTH(wants) static void *wants(void *arg)
{
    wait_for(&holder);
    say(&waiter);
    if (!strcmp(shape, "mutex"))
        truth_check(pthread_mutex_lock(&mutex) == 0);
    else if (!strcmp(shape, "write"))
        truth_check(pthread_rwlock_rdlock(&rwlock) == 0);
    else
        truth_check(pthread_rwlock_wrlock(&rwlock) == 0);
    give();
    return arg;
}

static void run(void *(*one)(void *), void *(*other)(void *))
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, one, NULL);
    pthread_create(&threads[1], NULL, other, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

static void contended(void)
{
    const char *call = !strcmp(shape, "mutex")   ? "pthread_mutex_lock"
                       : !strcmp(shape, "write") ? "pthread_rwlock_rdlock"
                                                 : "pthread_rwlock_wrlock";
    truth_tell(holds);
    truth_tell(wants);
    run(holds, wants);
    truth_expect("locks == 1"); /* the holder's; the other waited */
    truth_expect("calls %s == 1", call);
    truth_expect("waited %s holds nanosleep >= 60", call);
    truth_expect("held nanosleep holds >= 120");
    truth_expect("held %s holds == 0", call);
}

/* ---- free locks ---- */

static void *take_free(void *arg)
{
    pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
    pthread_rwlock_t read = PTHREAD_RWLOCK_INITIALIZER;
    for (int i = 0; i < TURNS; i++) {
        truth_check(pthread_mutex_lock(&mine) == 0);
        truth_check(pthread_rwlock_rdlock(&read) == 0);
        truth_check(pthread_rwlock_unlock(&read) == 0);
        truth_check(pthread_mutex_unlock(&mine) == 0);
        truth_check(pthread_mutex_trylock(&mine) == 0);
        truth_check(pthread_mutex_unlock(&mine) == 0);
    }
    return arg;
}

static void free_locks(void)
{
    pthread_t threads[THREADS];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < THREADS; i++)
            truth_check(pthread_create(&threads[i], NULL, take_free, NULL) == 0);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    truth_expect("locks == %d", ROUNDS * THREADS * TURNS * 3);
    truth_expect("calls pthread_mutex_lock == 0");
}

/* ---- what is held ---- */

TRUTH_RANGE(take_many);
TRUTH(take_many) static void take_many(pthread_mutex_t *many, int count)
{
    for (int i = 0; i < count; i++)
        truth_check(pthread_mutex_lock(&many[i]) == 0);
}

static void order(void)
{
    pthread_mutex_t many[40];
    truth_tell(take_many);
    for (int i = 0; i < 40; i++)
        pthread_mutex_init(&many[i], NULL);
    take_many(many, 40);
    for (int i = 0; i < 40; i++)
        pthread_mutex_unlock(&many[i]);
    sleep_ms(1); /* nothing is held */
    take_many(many, 3);
    pthread_mutex_unlock(&many[0]);
    pthread_mutex_unlock(&many[2]);
    pthread_mutex_unlock(&many[1]);
    sleep_ms(1);
    truth_expect("locks == 43");
    truth_expect("calls nanosleep == 2");
    truth_expect("held nanosleep take_many == 0");
}

static void *give_back(void *arg)
{
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    return arg;
}

/* Legal for a plain mutex in glibc, and done. */
TRUTH_RANGE(hand_over);
TRUTH(hand_over) static void hand_over(void)
{
    pthread_t thread;
    truth_check(pthread_mutex_lock(&mutex) == 0);
    pthread_create(&thread, NULL, give_back, NULL);
    pthread_join(thread, NULL);
}

static void handed(void)
{
    truth_tell(hand_over);
    hand_over();
    sleep_ms(1);
    truth_expect("held nanosleep hand_over == 0");
    truth_expect("locks == 1");
}

/* ---- handlers and children ---- */

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    (void)number;
    for (int i = 0; i < 3; i++)
        handled += pthread_mutex_lock(&own) == 0 && pthread_mutex_unlock(&own) == 0;
}

/* Signals the waiter while it waits. */
TRUTH_RANGE(disturbs);
TRUTH(disturbs) static void *disturbs(void *main_thread)
{
    truth_check(pthread_mutex_lock(&mutex) == 0);
    say(&holder);
    while (!__atomic_load_n(&waiter, __ATOMIC_ACQUIRE) || !truth_is_asleep(waiter))
        sched_yield();
    for (int i = 1; i <= 10; i++) {
        pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
        while (handled < 3 * i || !truth_is_asleep(waiter))
            sched_yield();
    }
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    return NULL;
}

static void handler(void)
{
    pthread_t thread, self = pthread_self();
    struct sigaction action = {.sa_handler = on_signal};
    truth_tell(disturbs);
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, disturbs, &self);
    while (!__atomic_load_n(&holder, __ATOMIC_ACQUIRE))
        sched_yield();
    say(&waiter);
    truth_check(pthread_mutex_lock(&mutex) == 0);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    pthread_join(thread, NULL);
    truth_check(handled == 30);
    truth_expect("locks == 31");
    truth_expect("calls pthread_mutex_lock == 1");
    truth_expect("checked >= 0");
}

TRUTH_RANGE(holds_and_forks);
TRUTH(holds_and_forks) static void holds_and_forks(void)
{
    pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
    int status;
    truth_check(pthread_mutex_lock(&mutex) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fine = pthread_mutex_lock(&other) == 0 && pthread_mutex_unlock(&other) == 0;
        sleep_ms(50);
        fine = fine && pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_lock(&mutex) == 0;
        _exit(fine ? 0 : 1);
    }
    truth_check(waitpid(pid, &status, 0) == pid && status == 0);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
}

static void forked(void)
{
    truth_tell(holds_and_forks);
    holds_and_forks();
    truth_expect("locks == 3");
    truth_expect("children == 1");
    truth_expect("held nanosleep holds_and_forks == 0"); /* the child's sleep: not known to hold */
    truth_expect("held waitpid holds_and_forks >= 0.5");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shape;
        void (*run)(void);
    } shapes[] = {{"mutex", contended}, {"write", contended}, {"read", contended},
                  {"free", free_locks}, {"order", order},     {"handed", handed},
                  {"handler", handler}, {"fork", forked}};
    shape = argc > 1 ? argv[1] : "mutex";
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (!strcmp(shapes[i].shape, shape))
            shapes[i].run();
    return 0;
}
