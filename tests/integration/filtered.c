/* SPDX-License-Identifier: MIT
 *
 * A seccomp filter that allows everything, installed in one of three ways.
 *
 *   filtered own                 by prctl, then it waits for good
 *   filtered past                by a system call instruction of its own, then it waits for good
 *   filtered before COMMAND...   by prctl, and then it becomes the command
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long raw_prctl(long option, long a, const void *b)
{
    long result;
    register long r10 __asm__("r10") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(SYS_prctl), "D"(option), "S"(a), "d"(b), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

int main(int argc, char **argv)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 2;
    int refused = !strcmp(argv[1], "past")
                      ? raw_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0
                      : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
    if (refused)
        return 3;
    if (!strcmp(argv[1], "before"))
        execvp(argv[2], argv + 2);
    return pause();
}
