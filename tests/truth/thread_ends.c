/* SPDX-License-Identifier: MIT
 *
 * Calls in the last moments of a thread are counted: in destructors of thread-specific data, in all
 * of their rounds; and in the threads that go on when the main thread has left.
 *
 *   thread_ends destructors | main_leaves
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define THREADS 40
#define ROUNDS  4 /* PTHREAD_DESTRUCTOR_ITERATIONS */
#define READS   10

static int zero;
static pthread_key_t early_key;
static pthread_key_t late_key;

static void read_times(void)
{
    char byte;
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
}

/* Sets its value again, so that it is called until the rounds are over. */
static void read_and_come_back(void *key)
{
    read_times();
    pthread_setspecific(*(pthread_key_t *)key, key);
}

static void *live(void *arg)
{
    pthread_setspecific(early_key, &early_key);
    pthread_setspecific(late_key, &late_key);
    read_times();
    return arg;
}

static void run_destructors(void)
{
    pthread_t thread;
    truth_check(pthread_key_create(&early_key, read_and_come_back) == 0);
    for (int i = 0; i < 100; i++) {
        pthread_key_t between;
        truth_check(pthread_key_create(&between, NULL) == 0);
    }
    truth_check(pthread_key_create(&late_key, read_and_come_back) == 0);
    for (int i = 0; i < THREADS; i++) {
        truth_check(pthread_create(&thread, NULL, live, NULL) == 0);
        pthread_join(thread, NULL);
    }
    truth_expect("calls read == %d", THREADS * READS * (1 + 2 * ROUNDS));
}

static void *go_on(void *main_thread)
{
    struct timespec moment = {0, 1000000};
    pthread_join(*(pthread_t *)main_thread, NULL);
    for (int i = 0; i < 10; i++) {
        read_times();
        truth_check(nanosleep(&moment, NULL) == 0);
    }
    truth_expect("calls read == %d", 11 * READS);
    truth_expect("calls nanosleep == 10");
    truth_expect("finished == 1");
    exit(7);
}

int main(int argc, char **argv)
{
    static pthread_t self;
    pthread_t thread;
    zero = open("/dev/zero", O_RDONLY);
    if (argc > 1 && !strcmp(argv[1], "main_leaves")) {
        self = pthread_self();
        truth_check(pthread_create(&thread, NULL, go_on, &self) == 0);
        read_times();
        pthread_exit(NULL);
    }
    run_destructors();
    return 0;
}
