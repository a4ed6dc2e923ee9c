/* SPDX-License-Identifier: MIT
 *
 * What locks do besides locking, the same with and without the preload.
 *
 *   lock_traps unwinder    threads unwind where libgcc takes a lock of its own for that: learning
 * the chain of a wait for it would take it once more, for good lock_traps cancel      a thread is
 * cancelled in its wait for a condition: the clean-up handler has the mutex lock_traps pending a
 * wait for a mutex is no cancellation point lock_traps jump        a handler jumps out of a wait
 * for a mutex: later calls are counted lock_traps deadlock    a thread that locks a plain mutex
 * twice waits for good lock_traps another     a library that replaces a lock call and not its try
 * sees every call
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <unwind.h>

#include "truth.h"

#define THREADS 4
#define UNWINDS 5000

int own_locks(void) __attribute__((weak));

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int waiter;

static void say(void)
{
    __atomic_store_n(&waiter, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void await_sleep(void)
{
    while (!__atomic_load_n(&waiter, __ATOMIC_ACQUIRE) || !truth_is_asleep(waiter))
        sched_yield();
}

/* ---- the unwinder ---- */

extern void __register_frame(void *);

/* Unwind information of code that nobody runs: libgcc looks through it, under its lock. */
static struct {
    struct {
        uint32_t length, id;
        uint8_t version, augmentation, code_align, data_align, return_register, nothing[7];
    } cie;
    struct {
        uint32_t length, back;
        const void *begin;
        uintptr_t size;
    } __attribute__((packed)) fde;
    uint32_t end;
} __attribute__((packed)) frame;

static const char code[16];

static void register_frame(void)
{
    frame.cie.length = sizeof frame.cie - 4;
    frame.cie.version = 1;
    frame.cie.code_align = 1;
    frame.cie.data_align = 0x78;
    frame.cie.return_register = 16;
    frame.fde.length = sizeof frame.fde - 4;
    frame.fde.back = sizeof frame.cie + 4;
    frame.fde.begin = code;
    frame.fde.size = sizeof code;
    __register_frame(&frame);
}

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *context, void *count)
{
    (void)context;
    ++*(int *)count;
    return _URC_NO_REASON;
}

static void *unwind_often(void *arg)
{
    for (int i = 0; i < UNWINDS; i++) {
        int frames = 0;
        _Unwind_Backtrace(count_frame, &frames);
        truth_check(frames > 1);
    }
    return arg;
}

static void unwinder(void)
{
    pthread_t threads[THREADS];
    register_frame();
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], NULL, unwind_often, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    truth_expect("losses >= 0"); /* waits for that lock are */
}

/* ---- cancellation ---- */

static int owned; /* what the clean-up handler found */

static void clean_up(void *arg)
{
    (void)arg;
    owned = mutex.__data.__owner == (int)syscall(SYS_gettid);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
}

static void *wait_for_condition(void *arg)
{
    truth_check(pthread_mutex_lock(&mutex) == 0);
    pthread_cleanup_push(clean_up, NULL);
    say();
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(0);
    return arg;
}

static void cancelled(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, wait_for_condition, NULL);
    await_sleep();
    truth_check(pthread_cancel(thread) == 0);
    truth_check(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    truth_check(owned);
    truth_check(pthread_mutex_trylock(&mutex) == 0);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
}

static void *wait_for_mutex(void *arg)
{
    say();
    int got = pthread_mutex_lock(&mutex) == 0;
    __atomic_store_n(&owned, got, __ATOMIC_RELEASE);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    pthread_testcancel();
    return arg;
}

static void pending(void)
{
    pthread_t thread;
    void *result;
    truth_check(pthread_mutex_lock(&mutex) == 0);
    pthread_create(&thread, NULL, wait_for_mutex, NULL);
    await_sleep();
    truth_check(pthread_cancel(thread) == 0);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    truth_check(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    truth_check(owned);
    truth_expect("calls pthread_mutex_lock == 1");
}

/* ---- leaving a wait otherwise ---- */

static sigjmp_buf out;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(out, 1);
}

static void *hold_and_disturb(void *main_thread)
{
    truth_check(pthread_mutex_lock(&mutex) == 0);
    await_sleep();
    pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
    while (!__atomic_load_n(&owned, __ATOMIC_ACQUIRE))
        sched_yield();
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    return NULL;
}

static void jump(void)
{
    pthread_t thread, self = pthread_self();
    struct sigaction action = {.sa_handler = jump_out};
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, hold_and_disturb, &self);
    while (pthread_mutex_trylock(&mutex) == 0) {
        pthread_mutex_unlock(&mutex);
        sched_yield();
    }
    if (sigsetjmp(out, 1) == 0) {
        say();
        pthread_mutex_lock(&mutex);
        truth_check(!"locked");
    }
    for (int i = 0; i < 1000; i++)
        truth_check(read(zero, &byte, 1) == 1);
    __atomic_store_n(&owned, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    truth_check(pthread_mutex_lock(&mutex) == 0);
    truth_check(pthread_mutex_unlock(&mutex) == 0);
    truth_expect("calls read >= 1000");
}

static void deadlock(void)
{
    struct itimerval once = {{0, 0}, {0, 100000}};
    truth_expect("in-call pthread_mutex_lock == 1");
    truth_expect("locks == 1");
    printf("ends with %d\n", 128 + SIGALRM);
    fflush(stdout);
    truth_check(pthread_mutex_lock(&mutex) == 0);
    setitimer(ITIMER_REAL, &once, NULL);
    pthread_mutex_lock(&mutex);
}

static void another(void)
{
    truth_check(own_locks != NULL);
    int before = own_locks();
    for (int i = 0; i < 100; i++) {
        truth_check(pthread_mutex_lock(&mutex) == 0);
        truth_check(pthread_mutex_unlock(&mutex) == 0);
    }
    truth_check(own_locks() - before == 100);
    truth_expect("calls pthread_mutex_lock == 100");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *shape;
        void (*run)(void);
    } shapes[] = {{"unwinder", unwinder}, {"cancel", cancelled},  {"pending", pending},
                  {"jump", jump},         {"deadlock", deadlock}, {"another", another}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes && argc > 1; i++)
        if (!strcmp(shapes[i].shape, argv[1]))
            shapes[i].run();
    return 0;
}
