/* SPDX-License-Identifier: MIT
 *
 * A signal handler makes a call that has to wait. What it interrupted does not go on before it is
 * over, and neither does any other green thread: it would run inside the handler.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "parity.h"
#include "rounds.h"

static int ends[2];
static volatile int in_handler, inside;

static void on_signal(int number)
{
    char byte;
    (void)number;
    in_handler = 1;
    truth_check(read(ends[0], &byte, 1) == 1);
    in_handler = 0;
}

static void *write_late(void *unused)
{
    parity_await(SYS_read, ends[0]);
    for (int i = 0; i < 20; i++)
        parity_pause();
    truth_check(parity_raw(SYS_write, ends[1], (long)"w", 1, 0) == 1);
    return unused;
}

static void get_signal(void *unused)
{
    (void)unused;
    raise(SIGUSR1);
}

static void look(void *unused)
{
    (void)unused;
    inside |= in_handler;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    truth_check(pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    pthread_t thread = parity_start(write_late, NULL);
    rounds_announce();
    rounds_add(get_signal, NULL);
    rounds_add(look, NULL);
    rounds_run();
    pthread_join(thread, NULL);
    printf("others ran inside the handler: %s\n", inside ? "yes" : "no");
    return 0;
}
