/* SPDX-License-Identifier: MIT
 *
 * A vfork child limits its memory before it would become another image. The limit is not its
 * parent's, on whose memory it runs: there is room for all threads that the parent starts then.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

#define READS   10
#define THREADS 120 /* at once, and more than a narrow trace has room for */
#define STACK   (64u << 10)

static pthread_barrier_t all;
static int zero;

static void *make_calls(void *arg)
{
    char byte;
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    pthread_barrier_wait(&all);
    return arg;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_barrier_init(&all, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], &attr, make_calls, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_join(threads[i], NULL) == 0);
}

int main(void)
{
    struct rlimit little = {1u << 20, 1u << 20};
    int status = -1;
    zero = open("/dev/zero", O_RDONLY);
    pid_t child = vfork();
    if (child == 0)
        _exit(setrlimit(RLIMIT_AS, &little) == 0 && prlimit(0, RLIMIT_AS, &little, NULL) == 0 ? 3
                                                                                              : 4);
    truth_check(waitpid(child, &status, 0) == child && status == 3 << 8);
    run_threads();
    truth_expect("kept read >= %d", THREADS * READS);
    return 0;
}
