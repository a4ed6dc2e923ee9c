/* SPDX-License-Identifier: MIT
 *
 * A thread that has no green threads makes calls that wait, while another one runs its green
 * threads: it waits itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "parity.h"
#include "rounds.h"

enum { TURNS = 200 };

static int there[2], back[2];

static void *answer(void *unused)
{
    char byte;
    for (int i = 0; i < TURNS; i++)
        truth_check(read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1);
    return unused;
}

static void ask(void *unused)
{
    char sent, got = 0;
    int right = 0;
    (void)unused;
    /* This one runs, and is not parked, while the other thread's call begins to wait. */
    parity_await(SYS_read, there[0]);
    for (int i = 0; i < 20; i++)
        parity_pause();
    for (int i = 0; i < TURNS; i++) {
        sent = (char)i;
        truth_check(write(there[1], &sent, 1) == 1 && read(back[0], &got, 1) == 1);
        right += got == sent;
    }
    printf("%d answers of %d are right\n", right, TURNS);
}

int main(void)
{
    truth_check(pipe(there) == 0 && pipe(back) == 0);
    rounds_announce();
    pthread_t thread = parity_start(answer, NULL);
    rounds_add(ask, NULL);
    rounds_run();
    pthread_join(thread, NULL);
    return 0;
}
