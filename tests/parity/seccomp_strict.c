/* SPDX-License-Identifier: MIT
 *
 * The program gives up system calls; one of ours afterwards, or a cycle counter that strict mode
 * forbids, would kill it. What it does then blocks, so that a slow path is asked for.
 *
 *   seccomp_strict prctl | syscall | filter     which door it goes through
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

static int late[2];
static int zero;
static int null;

/* Calls from a place whose chain is new, some of which wait 20 ms for the writer. */
static __attribute__((noinline)) int calls_afterwards(void)
{
    char byte = 'x';
    int failed = 0;
    for (int i = 0; i < 100; i++) {
        failed |= read(zero, &byte, 1) != 1;
        failed |= write(null, &byte, 1) != 1;
    }
    failed |= read(late[0], &byte, 1) != 1;
    return failed;
}

static void start_writer(void)
{
    truth_check(pipe(late) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct timespec moment = {0, 20000000};
        nanosleep(&moment, NULL);
        _exit(write(late[1], "x", 1) != 1);
    }
}

#define ALLOW(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void enter_filter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_read),
        ALLOW(SYS_write),
        ALLOW(SYS_exit),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    truth_check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    truth_check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* A loss is the event of a call that blocked afterwards: one does, and those that are interrupted
 * by another process for long. In one call: each site of stdio's would take of the memory that
 * there is no more of. */
static void say_what_to_expect(void)
{
    static const char text[] = "expect calls read >= 10\n"
                               "expect losses <= 30\n"
                               "ends with 5\n";
    truth_check(write(1, text, sizeof text - 1) == sizeof text - 1);
}

int main(int argc, char **argv)
{
    const char *door = argc > 1 ? argv[1] : "prctl";
    char byte;
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    start_writer();
    for (int i = 0; i < 10; i++)
        truth_check(read(zero, &byte, 1) == 1);
    say_what_to_expect();
    if (!strcmp(door, "prctl"))
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
    else if (!strcmp(door, "syscall"))
        syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
    else
        enter_filter();
    int failed = calls_afterwards();
    failed |= write(1, "afterwards\n", 11) != 11;
    syscall(SYS_exit, failed ? 6 : 5);
    return 0;
}
