/* SPDX-License-Identifier: MIT
 *
 * A native thread ends while one of its green threads is parked, with a mutex, and a destructor of
 * the runtime's lets that go on to its end: what the library kept of the thread is gone by then, or
 * another in its place if the destructor makes a call first.
 *
 *   ends_parked at_once | after_call
 */
#include <pthread.h>
#include <shunt.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "truth.h"

enum { STACK = 256 << 10, SLEEPS = 3 };

static ucontext_t green, scheduler;
static pthread_key_t key;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int running, over, calls_first;

static void *current(void)
{
    return running ? &green : NULL;
}

static int wait(int fd, short events, int64_t timeout)
{
    (void)fd;
    (void)events;
    (void)timeout;
    swapcontext(&green, &scheduler);
    return SHUNT_TIMED_OUT;
}

static void resume(void)
{
    running = 1;
    swapcontext(&scheduler, &green);
    running = 0;
}

static void sleep_often(void)
{
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < SLEEPS; i++)
        printf("slept: %d\n", usleep(100));
    printf("given back: %d\n", pthread_mutex_unlock(&mutex));
    over = 1;
    swapcontext(&green, &scheduler);
}

static void finish(void *unused)
{
    char byte;
    (void)unused;
    if (calls_first)
        truth_check(read(-1, &byte, 1) == -1);
    while (!over)
        resume();
}

/* Bare it is over at once. */
static void *park(void *stack)
{
    truth_check(getcontext(&green) == 0);
    green.uc_stack.ss_sp = stack;
    green.uc_stack.ss_size = STACK;
    makecontext(&green, sleep_often, 0);
    pthread_setspecific(key, stack);
    resume();
    if (!over)
        resume();
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct shunt_runtime runtime = {.version = SHUNT_RUNTIME_VERSION,
                                                 .size = sizeof runtime,
                                                 .name = "ends",
                                                 .current = current,
                                                 .wait = wait};
    pthread_t thread;
    void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    calls_first = argc > 1 && !strcmp(argv[1], "after_call");
    shunt_runtime_announce(&runtime);
    truth_check(stack != MAP_FAILED && pthread_key_create(&key, finish) == 0);
    truth_check(pthread_create(&thread, NULL, park, stack) == 0);
    pthread_join(thread, NULL);
    printf("free: %d\n", pthread_mutex_trylock(&mutex));
    return 0;
}
