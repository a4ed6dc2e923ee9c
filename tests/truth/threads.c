/* SPDX-License-Identifier: MIT
 *
 * Threads that come and go, each with a known number of calls: not one is lost when a segment is
 * folded and given to the next thread.
 *
 *   threads many     50 at a time, 20 times
 *   threads small    on the smallest stacks the system allows, with calls that block
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define THREADS 50
#define READS   100
#define WRITES  10

static int zero;
static int null;
static int small;

static void *make_calls(void *arg)
{
    char byte = 'x';
    struct timespec moment = {0, 200000};
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    for (int i = 0; i < WRITES; i++)
        truth_check(write(null, &byte, 1) == 1);
    if (small)
        truth_check(nanosleep(&moment, NULL) == 0);
    return arg;
}

static void one_round(const pthread_attr_t *attr)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], attr, make_calls, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    pthread_attr_t attr;
    int rounds = 20;
    pthread_attr_init(&attr);
    small = argc > 1 && !strcmp(argv[1], "small");
    if (small)
        truth_check(pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN) == 0);
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    for (int i = 0; i < rounds; i++)
        one_round(&attr);
    truth_expect("calls read == %d", rounds * THREADS * READS);
    truth_expect("calls write == %d", rounds * THREADS * WRITES);
    truth_expect("calls nanosleep == %d", small ? rounds * THREADS : 0);
    truth_expect("finished == 1");
    return 0;
}
