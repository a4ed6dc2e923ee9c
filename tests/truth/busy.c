/* SPDX-License-Identifier: MIT
 *
 * Fifty threads that make 200,000 calls between them as fast as they can, from two places each: not
 * one is lost, and each is counted where it was made.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "truth.h"

#define THREADS 50
#define CALLS   2000

static pthread_barrier_t start;
static int zero, null;

TRUTH_RANGE(from_one);
TRUTH_RANGE(from_another);

TRUTH(from_one) static int from_one(void)
{
    char byte;
    return read(zero, &byte, 1) == 1;
}

TRUTH(from_another) static int from_another(void)
{
    char byte = 'x';
    return (read(zero, &byte, 1) == 1) + (write(null, &byte, 1) == 1);
}

static void *make_calls(void *arg)
{
    int done = 0;
    pthread_barrier_wait(&start);
    for (int i = 0; i < CALLS / 2; i++)
        done += from_one() + from_another();
    truth_check(done == CALLS / 2 * 3);
    for (int i = 0; i < CALLS / 2; i++)
        done += (pread(zero, &done, 0, 0) == 0);
    return arg;
}

int main(void)
{
    pthread_t threads[THREADS];
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    pthread_barrier_init(&start, NULL, THREADS);
    truth_tell(from_one);
    truth_tell(from_another);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], NULL, make_calls, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    truth_expect("calls read == %d", THREADS * CALLS);
    truth_expect("calls write == %d", THREADS * CALLS / 2);
    truth_expect("calls pread == %d", THREADS * CALLS / 2);
    truth_expect("losses == 0");
    return 0;
}
