/* SPDX-License-Identifier: MIT
 *
 * A program installs a handler for every signal number that there is, asks what is installed, and
 * is interrupted in a read; then it sends itself the real-time signals, and its process one that it
 * blocks for the time.
 */
#include "parity.h"

#include <signal.h>

static int ends[2];
static pthread_t reader;
static volatile sig_atomic_t handled, last;

static void on_signal(int number)
{
    handled++;
    last = number;
}

static void *disturb(void *unused)
{
    (void)unused;
    truth_check(parity_await(SYS_read, ends[0]));
    pthread_kill(reader, SIGUSR2);
    return NULL;
}

int main(void)
{
    char byte;
    struct sigaction action = {.sa_handler = on_signal}, old;
    reader = pthread_self();
    truth_check(pipe(ends) == 0);
    for (int number = 1; number <= 64; number++)
        if (sigaction(number, &action, NULL) != 0)
            printf("%d: %s\n", number, strerrorname_np(errno));
    for (int number = 1; number <= 64; number++)
        if (sigaction(number, NULL, &old) == 0 && old.sa_handler != on_signal)
            printf("%d: not mine\n", number);
    fflush(stdout);
    pthread_t thread = parity_start(disturb, NULL);
    parity_say("read", read(ends[0], &byte, 1));
    pthread_join(thread, NULL);
    printf("handled %d, last %d\n", (int)handled, (int)last);
    for (int number = 34; number <= 64; number++)
        raise(number);
    printf("handled %d, last %d\n", (int)handled, (int)last);
    sigset_t set;
    sigemptyset(&set);
    for (int number = 34; number <= 64; number++)
        sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), 64);
    for (int i = 0; i < 20; i++) /* whoever else does not block it takes it meanwhile */
        parity_pause();
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    struct timespec moment = {0, 1000};
    while (handled < 33) /* wherever it runs */
        nanosleep(&moment, NULL);
    printf("handled %d, last %d\n", (int)handled, (int)last);
    printf("default again: %d\n", signal(64, SIG_DFL) == on_signal);
    return 0;
}
