/* SPDX-License-Identifier: MIT
 *
 * 10,000 signals while 20,000 bytes are read one by one: every signal arrives, in order, every byte
 * arrives, in order. Half of the signals have SA_RESTART.
 */
#include "parity.h"

#include <signal.h>

enum { SIGNALS = 10000, BYTES = 20000 };

static int ends[2];
static pthread_t reader;
static volatile int plain_seen, restart_seen, disordered;

static void on_plain(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    disordered += info->si_value.sival_int != plain_seen++;
}

static void on_restart(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    disordered += info->si_value.sival_int != restart_seen++;
}

static void *send_signals(void *unused)
{
    (void)unused;
    for (int i = 0; i < SIGNALS; i++) {
        int restarts = i % 2;
        union sigval value = {.sival_int = i / 2};
        while (pthread_sigqueue(reader, restarts ? SIGRTMIN + 2 : SIGRTMIN + 1, value) == EAGAIN)
            parity_pause();
        if (i % 8 == 0)
            parity_raw(SYS_sched_yield, 0, 0, 0, 0);
    }
    return NULL;
}

static void *send_bytes(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < BYTES; i++) {
        unsigned char byte = (unsigned char)i;
        while (parity_raw(SYS_write, ends[1], (long)&byte, 1, 0) != 1)
            ;
        if (i % 64 == 0)
            parity_raw(SYS_sched_yield, 0, 0, 0, 0);
    }
    parity_raw(SYS_close, ends[1], 0, 0, 0); /* whoever misses some need not wait for them */
    return NULL;
}

int main(void)
{
    struct sigaction plain = {.sa_sigaction = on_plain, .sa_flags = SA_SIGINFO};
    struct sigaction restart = {.sa_sigaction = on_restart, .sa_flags = SA_SIGINFO | SA_RESTART};
    unsigned got = 0, wrong = 0;
    reader = pthread_self();
    truth_check(pipe(ends) == 0 && sigaction(SIGRTMIN + 1, &plain, NULL) == 0 &&
                sigaction(SIGRTMIN + 2, &restart, NULL) == 0);
    pthread_t signals = parity_start(send_signals, NULL), bytes = parity_start(send_bytes, NULL);
    while (got < BYTES) {
        unsigned char byte = 0;
        ssize_t n = read(ends[0], &byte, 1);
        if (n == 0)
            break;
        if (n == 1)
            wrong += byte != (unsigned char)got++;
        else
            truth_check(n == -1 && errno == EINTR);
    }
    pthread_join(signals, NULL);
    pthread_join(bytes, NULL);
    printf("bytes %u, wrong %u; signals %d, disordered %d\n", got, wrong, plain_seen + restart_seen,
           disordered);
    return 0;
}
