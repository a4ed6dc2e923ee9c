/* SPDX-License-Identifier: MIT
 *
 * Children in process namespaces of their own, where pids begin with 1 again: in a namespace in a
 * namespace parent and child both are 1. Each is counted as a process of its own, and none takes
 * the other's end for its own.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

#define READS    7
#define CHILDREN 3

static int zero;

static void read_times(int times)
{
    char byte;
    for (int i = 0; i < times; i++)
        truth_check(read(zero, &byte, 1) == 1);
}

static void await(pid_t child)
{
    int status = -1;
    truth_check(child > 0 && waitpid(child, &status, 0) == child);
    truth_check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

/* The first child of a namespace is its init; when it ends, nobody can start there any more. */
static void be_init(int depth)
{
    printf("depth %d: pid %d\n", depth, (int)getpid());
    fflush(stdout);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child == 0) {
            read_times(READS);
            exit(3);
        }
        await(child);
    }
    if (depth < 3) {
        truth_check(unshare(CLONE_NEWPID) == 0);
        pid_t child = fork();
        if (child == 0) {
            be_init(depth + 1);
            exit(3);
        }
        await(child);
    }
    read_times(READS);
}

int main(void)
{
    zero = open("/dev/zero", O_RDONLY);
    read_times(READS);
    if (unshare(CLONE_NEWPID) != 0)
        truth_skip("may not make a namespace of pids");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        be_init(1);
        exit(3);
    }
    await(child);
    read_times(READS);
    truth_expect("calls read == %d", READS * (2 + 3 * (CHILDREN + 1)));
    truth_expect("traces == 1");
    truth_expect("finished == 1");
    truth_expect("children == %d", 3 * (CHILDREN + 1));
    return 0;
}
