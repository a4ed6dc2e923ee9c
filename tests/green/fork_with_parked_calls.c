/* SPDX-License-Identifier: MIT
 *
 * A green thread forks while a call of another one is under way. In the child nobody makes it: it
 * fails, with ECANCELED, and new calls work. In the parent it goes on. Bare it would wait for ever.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rounds.h"
#include "slow_library.h"
#include "truth.h"

static const char *who = "parent";
static pid_t child;

static int look_up(void)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int result = getaddrinfo("127.0.0.1", "53", &hints, &found);
    if (found)
        freeaddrinfo(found);
    return result;
}

static void look_it_up(void *unused)
{
    (void)unused;
    int result = look_up();
    printf("%s: %s %s\n", who, result ? gai_strerror(result) : "found",
           result == EAI_SYSTEM ? strerrorname_np(errno) : "");
    if (who[0] == 'c')
        printf("%s: again: %d\n", who, look_up());
}

/* A sleep needs nobody: it goes on in both. */
static void sleep_a_while(void *unused)
{
    (void)unused;
    int result = usleep(100000);
    printf("%s: slept %d\n", who, result);
}

static void fork_meanwhile(void *unused)
{
    (void)unused;
    while (!slow_library_is_called())
        rounds_yield();
    fflush(stdout);
    child = fork();
    truth_check(child >= 0);
    if (child == 0)
        who = "child";
    else
        truth_check(waitpid(child, NULL, 0) == child);
    slow_library_let();
}

int main(void)
{
    rounds_announce();
    rounds_add(look_it_up, NULL);
    rounds_add(sleep_a_while, NULL);
    rounds_add(fork_meanwhile, NULL);
    rounds_run();
    fflush(stdout);
    return 0;
}
