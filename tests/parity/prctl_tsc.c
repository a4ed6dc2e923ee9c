/* SPDX-License-Identifier: MIT
 *
 * The program forbids itself the cycle counter; reading it afterwards is SIGSEGV. Threads started
 * later and children inherit that, a thread that was there before does not.
 *
 *   prctl_tsc prctl | syscall      which door it goes through
 *   prctl_tsc refused              ... and another, which the kernel keeps shut, afterwards
 */
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

static int zero;
static int ends[2];

static void *read_much(void *arg)
{
    char byte;
    for (int i = 0; i < 1000; i++)
        truth_check(read(zero, &byte, 1) == 1);
    return arg;
}

static void *write_late(void *arg)
{
    usleep(20000);
    truth_check(write(ends[1], "x", 1) == 1);
    return arg;
}

static int forbid_counter(const char *door)
{
    if (!strcmp(door, "syscall"))
        return (int)syscall(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
    return prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
}

/* Strict mode knows no flags. */
static void be_refused(void)
{
    truth_check(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL) == -1);
}

static void run_child(void)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        read_much(NULL);
        _exit(0);
    }
    truth_check(waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char **argv)
{
    pthread_t before;
    pthread_t after;
    const char *door = argc > 1 ? argv[1] : "prctl";
    char byte;
    zero = open("/dev/zero", O_RDONLY);
    truth_check(pipe(ends) == 0);
    read_much(NULL);
    truth_check(pthread_create(&before, NULL, write_late, NULL) == 0);
    if (forbid_counter(door) != 0)
        truth_skip("the kernel knows no PR_SET_TSC");
    if (!strcmp(door, "refused"))
        be_refused();
    read_much(NULL);
    truth_check(read(ends[0], &byte, 1) == 1);
    truth_check(pthread_create(&after, NULL, read_much, NULL) == 0);
    pthread_join(after, NULL);
    run_child();
    pthread_join(before, NULL);
    truth_expect("calls read >= 1000");
    return 0;
}
