/* SPDX-License-Identifier: MIT
 *
 * A call writes into its green thread's stack. While it waits that stack is copied away and another
 * green thread's lies at its addresses: neither gets what is the other's.
 */
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rounds.h"
#include "slow_library.h"
#include "truth.h"

enum { SIZE = 4096 };

static int file;
static char said[3][80]; /* printed in one order, whoever comes first */

static void read_it(void *unused)
{
    char buffer[SIZE + 1];
    int wrong = 0;
    (void)unused;
    memset(buffer, 'a', sizeof buffer);
    long got = pread(file, buffer, SIZE, 0);
    for (int i = 0; i < SIZE; i++)
        wrong += buffer[i] != 'x';
    snprintf(said[0], sizeof said[0], "read %ld, %d of them wrong, behind them %c", got, wrong,
             buffer[SIZE]);
}

/* Names, hints and the place for the answer lie on the stack. */
static void look_it_up(void *unused)
{
    char node[] = "127.0.0.1", service[] = "53";
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    (void)unused;
    int result = getaddrinfo(node, service, &hints, &found);
    snprintf(said[1], sizeof said[1], "getaddrinfo: %d, type %d", result,
             found ? found->ai_socktype : -1);
    if (found)
        freeaddrinfo(found);
}

/* Runs on the same addresses meanwhile. */
static void run_meanwhile(void *unused)
{
    volatile char own[3 * SIZE];
    int wrong = 0;
    (void)unused;
    for (unsigned i = 0; i < sizeof own; i++)
        own[i] = 'o';
    rounds_yield();
    slow_library_others_ran();
    for (int i = 0; i < 50; i++)
        rounds_wait(-1, 0, 1000000);
    for (unsigned i = 0; i < sizeof own; i++)
        wrong += own[i] != 'o';
    snprintf(said[2], sizeof said[2], "%d bytes of another one's stack changed", wrong);
}

int main(void)
{
    char text[SIZE];
    memset(text, 'x', sizeof text);
    file = open("file", O_RDWR | O_CREAT, 0600);
    truth_check(file >= 0 && write(file, text, SIZE) == SIZE);
    rounds_announce();
    rounds_share_stack();
    slow_library_await_others();
    rounds_add(read_it, NULL);
    rounds_add(look_it_up, NULL);
    rounds_add(run_meanwhile, NULL);
    rounds_run();
    for (int i = 0; i < 3; i++)
        puts(said[i]);
    return 0;
}
