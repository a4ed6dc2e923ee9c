/* SPDX-License-Identifier: MIT
 *
 * A vfork child runs in the parent's memory: its closes, reads and blocked calls, and its exec or
 * _exit, leave the parent's fds and the parent's counting as they were.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define CHILDREN 20

static int zero;
static int ends[2];

static _Noreturn void be_child(int number)
{
    char byte;
    struct timespec moment = {0, 300000};
    close(ends[0]);
    close(ends[1]);
    if (read(zero, &byte, 1) != 1 || nanosleep(&moment, NULL) != 0)
        _exit(9);
    if (number % 2)
        execl("/bin/true", "true", (char *)NULL);
    execl("/nonexistent", "nonexistent", (char *)NULL);
    _exit(3);
}

static void run_child(int number)
{
    char byte;
    int status = -1;
    pid_t child = vfork();
    if (child == 0)
        be_child(number);
    truth_check(child > 0 && waitpid(child, &status, 0) == child);
    truth_check(WIFEXITED(status) && WEXITSTATUS(status) == (number % 2 ? 0 : 3));
    truth_check(write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1);
}

int main(void)
{
    zero = open("/dev/zero", O_RDONLY);
    truth_check(pipe(ends) == 0);
    for (int i = 0; i < CHILDREN; i++)
        run_child(i);
    truth_expect("calls write == %d", CHILDREN);
    truth_expect("calls read >= %d", CHILDREN);
    truth_expect("calls read <= %d", 2 * CHILDREN);
    truth_expect("calls waitpid == %d", CHILDREN);
    truth_expect("children == 0");
    return 0;
}
