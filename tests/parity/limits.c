/* SPDX-License-Identifier: MIT
 *
 * Three hundred threads at once need more of the trace than there is room for. The program does not
 * notice; what could not be counted is counted as lost.
 *
 *   limits enough      nothing needs to be lost
 *   limits lowered     ... though the program lowers RLIMIT_FSIZE to a page while it runs
 *   limits short       less room than the threads need: something is lost, and said
 *   limits none        no room for a trace at all, or maybe some
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define THREADS 300
#define READS   20

static pthread_barrier_t barrier;
static int zero;

static void *make_calls(void *arg)
{
    char byte;
    struct timespec moment = {0, 200000};
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    truth_check(nanosleep(&moment, NULL) == 0);
    pthread_barrier_wait(&barrier);
    return arg;
}

static void run_threads(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64u << 10);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &attr, make_calls, NULL) != 0) {
            printf("wrong: no room for thread %d\n", i);
            exit(1);
        }
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    const char *room = argc > 1 ? argv[1] : "enough";
    struct rlimit page = {4096, 4096};
    zero = open("/dev/zero", O_RDONLY);
    if (!strcmp(room, "lowered"))
        truth_check(setrlimit(RLIMIT_FSIZE, &page) == 0);
    run_threads();
    if (!strcmp(room, "none")) {
        truth_expect("losses >= 0");
        return 0;
    }
    truth_expect("losses %s", strcmp(room, "short") ? "== 0" : ">= 1");
    truth_expect("kept read >= %d", THREADS * READS);
    truth_expect("calls read <= %d", THREADS * READS);
    return 0;
}
