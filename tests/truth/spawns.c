/* SPDX-License-Identifier: MIT
 *
 * Threads whose start routines, makers and numbers are known by construction.
 *
 *   spawns rounds    6 at a time, 20 times, with calls; most are gone when the trace is read
 *   spawns silent    threads that make no call
 *   spawns c11       made by thrd_create, with results
 *   spawns frames    the stack of a thread is as bare
 *   spawns fails     a thread that cannot be made is none
 *   spawns fork      a fork child of a thread is not that thread
 *   spawns cancel    ended by cancellation and by pthread_exit
 *   spawns alive     still there at the end
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define AT_A_TIME 6
#define ROUNDS    20
#define READS     10

static pthread_barrier_t all_there;
static int zero = -1;

static void read_some(int count)
{
    char byte;
    for (int i = 0; i < count; i++)
        truth_check(read(zero, &byte, 1) == 1);
}

TRUTH_RANGE(reader);
TRUTH(reader) static void *reader(void *arg)
{
    pthread_barrier_wait(&all_there);
    read_some(READS);
    return arg;
}

TRUTH_RANGE(silent);
TRUTH(silent) static void *silent(void *arg)
{
    return (char *)arg + 1;
}

TRUTH_RANGE(make);
TRUTH(make) static pthread_t make(void *(*start)(void *), void *arg)
{
    pthread_t thread = 0;
    truth_check(pthread_create(&thread, NULL, start, arg) == 0);
    return thread;
}

static void one_round(void *(*start)(void *))
{
    pthread_t thread[AT_A_TIME];
    for (int i = 0; i < AT_A_TIME; i++)
        thread[i] = make(start, &thread[i]);
    for (int i = 0; i < AT_A_TIME; i++)
        truth_check(pthread_join(thread[i], NULL) == 0);
}

static void rounds(void)
{
    truth_check(pthread_barrier_init(&all_there, NULL, AT_A_TIME) == 0);
    for (int i = 0; i < ROUNDS; i++)
        one_round(reader);
    truth_expect("spawn born reader == %d", AT_A_TIME * ROUNDS);
    truth_expect("spawn ended reader == %d", AT_A_TIME * ROUNDS);
    truth_expect("spawn alive reader == 0");
    truth_expect("spawn peak reader == %d", AT_A_TIME);
    /* and the barrier */
    truth_expect("spawn calls reader == %d", AT_A_TIME * ROUNDS * (READS + 1));
    truth_expect("spawner reader make");
}

static void no_calls(void)
{
    void *result = NULL;
    for (int i = 0; i < 40; i++) {
        pthread_t thread = make(silent, &result);
        truth_check(pthread_join(thread, &result) == 0 && result == (char *)&result + 1);
    }
    truth_expect("spawn born silent == 40");
    truth_expect("spawn ended silent == 40");
    truth_expect("spawn peak silent == 1");
    truth_expect("spawn calls silent == 0");
}

TRUTH_RANGE(seven);
TRUTH(seven) static int seven(void *arg)
{
    struct timespec moment = {0, 20000000};
    truth_check(arg == &zero && thrd_sleep(&moment, NULL) == 0);
    return 7;
}

static void c11(void)
{
    for (int i = 0; i < 3; i++) {
        thrd_t thread;
        int result = 0;
        truth_check(thrd_create(&thread, seven, &zero) == thrd_success);
        truth_check(thrd_join(thread, &result) == thrd_success && result == 7);
    }
    truth_expect("spawn born seven == 3");
    truth_expect("spawn ended seven == 3");
    truth_expect("spawn ms seven >= 60");
}

TRUTH_RANGE(count_frames);
TRUTH(count_frames) static void *count_frames(void *arg)
{
    void *frame[64];
    *(int *)arg = backtrace(frame, 64);
    return arg;
}

TRUTH_RANGE(count_frames_c11);
TRUTH(count_frames_c11) static int count_frames_c11(void *arg)
{
    void *frame[64];
    *(int *)arg = backtrace(frame, 64);
    return 0;
}

/* Printed: bare and observed must agree. */
static void frames(void)
{
    int count = 0;
    pthread_join(make(count_frames, &count), NULL);
    printf("%d frames\n", count);
    thrd_t thread;
    truth_check(thrd_create(&thread, count_frames_c11, &count) == thrd_success);
    truth_check(thrd_join(thread, NULL) == thrd_success);
    printf("%d frames\n", count);
    truth_expect("spawn born count_frames == 1");
}

static void fails(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    truth_check(pthread_attr_setstacksize(&attributes, 1ul << 46) == 0);
    for (int i = 0; i < 1000; i++)
        truth_check(pthread_create(&thread, &attributes, silent, NULL) == EAGAIN);
    pthread_join(make(silent, NULL), NULL);
    truth_expect("spawn born silent == 1");
    truth_expect("losses == 0");
}

TRUTH_RANGE(forker);
TRUTH(forker) static void *forker(void *arg)
{
    pid_t child = fork();
    if (child == 0) {
        read_some(3);
        pthread_join(make(silent, NULL), NULL);
        pthread_exit(arg); /* its only thread */
    }
    truth_check(waitpid(child, NULL, 0) == child);
    return arg;
}

static void forks(void)
{
    pthread_join(make(forker, NULL), NULL);
    truth_expect("spawn born forker == 1");
    truth_expect("spawn ended forker == 1");
    truth_expect("spawn calls forker == 2"); /* fork and waitpid */
    truth_expect("spawn born silent == 1");
    truth_expect("spawn ended silent == 1");
}

TRUTH_RANGE(pauses);
TRUTH(pauses) static void *pauses(void *arg)
{
    for (;;)
        pause();
    return arg;
}

TRUTH_RANGE(leaves);
TRUTH(leaves) static void *leaves(void *arg)
{
    pthread_exit(arg);
}

static void cancelled(void)
{
    pthread_t thread = make(pauses, NULL);
    void *result = NULL;
    truth_check(pthread_cancel(thread) == 0);
    truth_check(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    thread = make(leaves, &zero);
    truth_check(pthread_join(thread, &result) == 0 && result == &zero);
    truth_expect("spawn ended pauses == 1");
    truth_expect("spawn ended leaves == 1");
}

TRUTH_RANGE(stays);
TRUTH(stays) static void *stays(void *arg)
{
    pthread_barrier_wait(&all_there);
    for (;;)
        pause();
    return arg;
}

static void still_there(void)
{
    truth_check(pthread_barrier_init(&all_there, NULL, 3) == 0);
    make(stays, NULL);
    make(stays, NULL);
    pthread_barrier_wait(&all_there);
    truth_expect("spawn born stays == 2");
    truth_expect("spawn ended stays == 0");
    truth_expect("spawn alive stays == 2");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } shapes[] = {{"rounds", rounds},    {"silent", no_calls},  {"c11", c11},
                  {"frames", frames},    {"fails", fails},      {"fork", forks},
                  {"cancel", cancelled}, {"alive", still_there}};
    zero = open("/dev/zero", O_RDONLY);
    truth_tell(reader);
    truth_tell(silent);
    truth_tell(make);
    truth_tell(seven);
    truth_tell(count_frames);
    truth_tell(count_frames_c11);
    truth_tell(forker);
    truth_tell(pauses);
    truth_tell(leaves);
    truth_tell(stays);
    for (unsigned i = 0; argc > 1 && i < sizeof shapes / sizeof *shapes; i++)
        if (!strcmp(argv[1], shapes[i].name))
            shapes[i].run();
    return 0;
}
