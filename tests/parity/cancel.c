/* SPDX-License-Identifier: MIT
 *
 * A thread is cancelled, or leaves by pthread_exit in a handler, while an intercepted call is in
 * progress: its clean-up handlers run, its result is the same, and the calls of the next thread are
 * counted.
 *
 *   cancel deferred | async | disabled | exit_in_handler
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define ROUNDS 20

static const char *shape;
static int silent[2];
static int zero;
static int cleaned;
static volatile pid_t waiting; /* the thread that is about to wait */

static void clean_up(void *arg)
{
    (void)arg;
    cleaned++;
}

static long wait_in_read(void)
{
    char byte;
    return read(silent[0], &byte, 1);
}

static long wait_in_poll(void)
{
    struct pollfd fd = {.fd = silent[0], .events = POLLIN};
    return poll(&fd, 1, 200);
}

static long wait_in_nanosleep(void)
{
    struct timespec moment = {0, 200000000};
    return nanosleep(&moment, NULL);
}

static long (*const waits[])(void) = {wait_in_poll, wait_in_nanosleep, wait_in_read};

static void *wait_for_end(void *wait)
{
    long result = -7;
    int old;
    if (!strcmp(shape, "async"))
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    if (!strcmp(shape, "disabled"))
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_cleanup_push(clean_up, NULL);
    waiting = gettid();
    result = (*(long (*const *)(void))wait)();
    pthread_cleanup_pop(0);
    return (void *)(result + 100);
}

static void *read_much(void *arg)
{
    char byte;
    for (int i = 0; i < 100; i++)
        truth_check(read(zero, &byte, 1) == 1);
    return arg;
}

static void leave(int signal)
{
    (void)signal;
    pthread_exit((void *)42);
}

/* Until the kernel says that the thread sleeps. */
static void await_sleep(void)
{
    char path[64];
    char line[256] = "";
    struct timespec moment = {0, 1000000};
    while (!waiting)
        nanosleep(&moment, NULL);
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", waiting);
    for (int i = 0; i < 1000; i++) {
        FILE *file = fopen(path, "r");
        if (!file || !fgets(line, sizeof line, file))
            truth_check(0);
        fclose(file);
        if (strstr(line, ") S "))
            break;
        nanosleep(&moment, NULL);
    }
}

static void end_one(size_t which)
{
    pthread_t thread;
    void *result = NULL;
    waiting = 0;
    cleaned = 0;
    truth_check(pthread_create(&thread, NULL, wait_for_end, (void *)&waits[which]) == 0);
    await_sleep();
    if (!strcmp(shape, "exit_in_handler"))
        pthread_kill(thread, SIGUSR1);
    else
        pthread_cancel(thread);
    truth_check(pthread_join(thread, &result) == 0);
    printf("wait %zu: %s %ld, clean-ups %d\n", which,
           result == PTHREAD_CANCELED ? "cancelled" : "ended", (long)result, cleaned);
    truth_check(pthread_create(&thread, NULL, read_much, NULL) == 0);
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = leave};
    shape = argc > 1 ? argv[1] : "deferred";
    int disabled = !strcmp(shape, "disabled");
    size_t kinds = disabled ? 2 : 3; /* a read that is not cancelled would wait for ever */
    int rounds = disabled ? 1 : ROUNDS;
    sigaction(SIGUSR1, &action, NULL);
    zero = open("/dev/zero", O_RDONLY);
    truth_check(pipe(silent) == 0);
    for (int i = 0; i < rounds; i++)
        for (size_t which = 0; which < kinds; which++)
            end_one(which);
    truth_expect("calls read >= %d", rounds * (int)kinds * 100);
    truth_expect("calls read <= %d", rounds * (int)kinds * 100 + rounds);
    return 0;
}
