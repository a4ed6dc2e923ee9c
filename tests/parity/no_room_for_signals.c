/* SPDX-License-Identifier: MIT
 *
 * No signal may be queued (RLIMIT_SIGPENDING 0): a handler still interrupts a read, again and
 * again.
 */
#include "parity.h"

#include <signal.h>
#include <sys/resource.h>

enum { ROUNDS = 3 };

static int ends[2];
static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    handled += number == SIGUSR1;
}

static void *read_one(void *unused)
{
    char byte;
    (void)unused;
    for (int i = 0; i < ROUNDS; i++)
        parity_say("read", read(ends[0], &byte, 1));
    return NULL;
}

int main(void)
{
    struct rlimit none = {0, 0};
    struct sigaction action = {.sa_handler = on_signal};
    truth_check(pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    truth_check(usleep(1000) == 0); /* may be moved: nothing is limited yet */
    truth_check(setrlimit(RLIMIT_SIGPENDING, &none) == 0);
    pthread_t thread = parity_start(read_one, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        truth_check(parity_await(SYS_read, ends[0]));
        pthread_kill(thread, SIGUSR1);
        while (handled <= i)
            parity_pause();
    }
    pthread_join(thread, NULL);
    printf("handled %d\n", (int)handled);
    return 0;
}
