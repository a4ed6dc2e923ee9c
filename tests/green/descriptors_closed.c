/* SPDX-License-Identifier: MIT
 *
 * A program closes all descriptors, in each way that there is, while a call of it is under way, and
 * opens its own: they have the numbers that they would have, and nothing comes to them but what the
 * program sends.
 *
 *   descriptors_closed closefrom | close_range | one_by_one
 */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rounds.h"
#include "slow_library.h"
#include "truth.h"

enum { PIPES = 12, NUMBERS = 1024 };

static const char *way;

static void look_it_up(void *unused)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    (void)unused;
    printf("getaddrinfo: %d\n", getaddrinfo("127.0.0.1", "53", &hints, &found));
    if (found)
        freeaddrinfo(found);
}

static void close_all(void)
{
    if (!strcmp(way, "closefrom"))
        closefrom(3);
    else if (!strcmp(way, "close_range"))
        truth_check(close_range(3, ~0u, 0) == 0);
    else
        for (int fd = 3; fd < NUMBERS; fd++)
            close(fd);
}

static void have_own_ones(void *unused)
{
    int ends[PIPES][2], strange = 0;
    (void)unused;
    while (!slow_library_is_called())
        rounds_yield();
    close_all();
    for (int i = 0; i < PIPES; i++) {
        truth_check(pipe(ends[i]) == 0);
        truth_check(ends[i][0] == 3 + 2 * i && ends[i][1] == 4 + 2 * i);
    }
    slow_library_others_ran();
    for (int i = 0; i < 60; i++)
        rounds_wait(-1, 0, 1000000);
    for (int i = 0; i < PIPES; i++) {
        struct pollfd set = {.fd = ends[i][0], .events = POLLIN};
        strange += poll(&set, 1, 0);
    }
    printf("%d pipes have something that nobody sent\n", strange);
}

int main(int argc, char **argv)
{
    way = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    rounds_announce();
    slow_library_await_others();
    rounds_add(look_it_up, NULL);
    rounds_add(have_own_ones, NULL);
    rounds_run();
    return 0;
}
