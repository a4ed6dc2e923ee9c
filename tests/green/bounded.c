/* SPDX-License-Identifier: MIT
 *
 * Green threads' calls under a rule with a deadline and a bulkhead: those that wait too long fail
 * while the others run, those over the bulkhead are denied, and the places are free again.
 *
 *   bounded own | shared        a stack for each, or one for all
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"
#include "truth.h"

enum { READERS = 4, SURELY = 20 };

static int ends[READERS][2];
static int done, late, denied, made, other_runs;

static void note(ssize_t result)
{
    late += result == -1 && errno == ETIMEDOUT;
    denied += result == -1 && errno == EBUSY;
    made += result == 1;
    done++;
}

static void reader(void *argument)
{
    char byte;
    note(read(((int *)argument)[0], &byte, 1));
}

static void sleeper(void *unused)
{
    (void)unused;
    note(nanosleep(&(struct timespec){1000, 0}, NULL));
}

/* A worker makes it, and only its thread can wait for it in time. */
static void parent(void *unused)
{
    (void)unused;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    note(waitpid(child, NULL, 0));
    kill(child, SIGKILL);
}

static void counts(void *argument)
{
    int until = *(int *)argument;
    while (done < until) {
        other_runs++;
        rounds_yield();
    }
}

static void run(const char *what, void (*one)(void *), int count)
{
    done = late = denied = made = other_runs = 0;
    for (int i = 0; i < count; i++)
        rounds_add(one, ends[i]);
    rounds_add(counts, &count);
    rounds_run();
    printf("%s: %d late, %d denied, %d made\n", what, late, denied, made);
    if (count == READERS)
        truth_check(other_runs > 1);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    truth_check(argc == 2);
    alarm(SURELY);
    if (strcmp(argv[1], "shared") == 0)
        rounds_share_stack();
    rounds_announce();
    for (int i = 0; i < READERS; i++)
        truth_check(pipe(ends[i]) == 0);
    run("reads", reader, READERS);
    run("reads again", reader, READERS);
    run("sleeps", sleeper, READERS);
    run("one child", parent, 1);
    for (int i = 0; i < 2; i++)
        truth_check(write(ends[i][1], "x", 1) == 1);
    run("in time", reader, 2);
    return 0;
}
