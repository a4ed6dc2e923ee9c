/* SPDX-License-Identifier: MIT
 *
 * A signal comes at any moment around the beginning of a read, 150 times: where its handler runs
 * within the call, the call ends. (Bare, too, a few come just before the system call and are lost;
 * the byte that a watch writes then lets the read go on.)
 */
#include "parity.h"

#include <signal.h>

enum { ROUNDS = 150, FEW = ROUNDS / 2 };

static int ends[2];
static volatile sig_atomic_t handled;
static volatile int round_now, in_call;
static timer_t timer;

static void on_signal(int number)
{
    handled += number == SIGUSR1;
}

/* Lets a read go on that was not ended: its handler ran 20 ms ago. */
static void *watch(void *unused)
{
    (void)unused;
    for (int seen = -1, since = 0; round_now < ROUNDS; parity_pause()) {
        int now = round_now;
        since = now == seen && in_call && handled > now ? since + 1 : 0;
        seen = now;
        if (since == 20)
            parity_raw(SYS_write, ends[1], (long)"x", 1, 0);
    }
    return NULL;
}

int main(void)
{
    int ended = 0, other = 0;
    char byte;
    struct sigaction action = {.sa_handler = on_signal};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    event._sigev_un._tid = gettid();
    truth_check(pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    truth_check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    pthread_t thread = parity_start(watch, NULL);
    for (; round_now < ROUNDS; round_now++) {
        struct itimerspec once = {.it_value = {0, 10000 + round_now % 100 * 4000}};
        in_call = 1;
        timer_settime(timer, 0, &once, NULL);
        ssize_t got = read(ends[0], &byte, 1);
        ended += got == -1 && errno == EINTR;
        other += got != -1 && got != 1;
        in_call = 0;
        while (handled <= round_now)
            parity_pause();
    }
    pthread_join(thread, NULL);
    printf("ended: %s, other: %d\n", ended >= ROUNDS - FEW ? "all or nearly" : "few", other);
    return 0;
}
