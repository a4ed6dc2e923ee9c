/* SPDX-License-Identifier: MIT
 *
 * A thousand threads, and what of ours is resident for them: at most 256 KB and 64 KB a thread.
 *
 *   crowd together      alive at once
 *   crowd one_by_one    that come and go, ten at a time: no more than those ten need
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mappings.h"
#include "truth.h"

#define THREADS 1000
#define READS   50

static pthread_barrier_t made, measured;
static int zero, together;

static void *make_calls(void *arg)
{
    char byte;
    struct timespec moment = {0, 200000};
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    truth_check(nanosleep(&moment, NULL) == 0);
    if (together) {
        pthread_barrier_wait(&made);
        pthread_barrier_wait(&measured);
    }
    return arg;
}

static void run(int threads, const pthread_attr_t *attr)
{
    static pthread_t thread[THREADS];
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], attr, make_calls, NULL) != 0)
            truth_skip("no room for a thousand threads");
    if (together) {
        pthread_barrier_wait(&made);
        truth_check(mappings_resident() <= 256 + 64 * threads);
        pthread_barrier_wait(&measured);
    }
    for (int i = 0; i < threads; i++)
        truth_check(pthread_join(thread[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64u << 10);
    zero = open("/dev/zero", O_RDONLY);
    together = argc > 1 && !strcmp(argv[1], "together");
    int threads = together ? THREADS : 10;
    pthread_barrier_init(&made, NULL, (unsigned)threads + 1);
    pthread_barrier_init(&measured, NULL, (unsigned)threads + 1);
    for (int i = 0; i < THREADS; i += threads)
        run(threads, &attr);
    if (!together)
        printf("resident: %s\n", mappings_resident() <= 2048 ? "little" : "wrong: much");
    truth_expect("calls read == %d", THREADS * READS);
    truth_expect("calls nanosleep == %d", THREADS);
    truth_expect("finished == 1");
    return 0;
}
