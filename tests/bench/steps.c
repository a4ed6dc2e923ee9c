/* SPDX-License-Identifier: MIT
 *
 * How many instructions one call takes, exactly: the program steps through a copy of itself. The
 * copy makes the call often enough for whoever counts it to have learned it, and then once between
 * two breakpoints, a few times; the least is printed. What the kernel does is one instruction.
 *
 *   steps       pread of one byte of /dev/zero
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM = 2000, TIMES = 3 };

static __attribute__((noinline)) int call_once(int fd)
{
    char byte;
    return pread(fd, &byte, 1, 0) == 1;
}

static int be_stepped(void)
{
    int fd = open("/dev/zero", O_RDONLY), made = 0;
    for (int i = 0; i < WARM; i++)
        made += call_once(fd);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    for (int i = 0; i < TIMES; i++) {
        __asm__ volatile("int3" ::: "memory");
        made += call_once(fd);
        __asm__ volatile("int3" ::: "memory");
    }
    return made == WARM + TIMES ? 0 : 1;
}

/* Lets the child go on in one way until it stops; 0: it has ended. */
static int go(pid_t child, int how)
{
    int status;
    return ptrace(how, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child &&
           WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

/* The kernel tells a breakpoint from a step. */
static int is_at_breakpoint(pid_t child)
{
    siginfo_t info;
    return ptrace(PTRACE_GETSIGINFO, child, NULL, &info) == 0 && info.si_code == SI_KERNEL;
}

int main(int argc, char **argv)
{
    long least = -1;
    int status;
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return be_stepped();
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", argv[0], "child", (char *)NULL);
        _exit(127);
    }
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return 1;
    do {
        long steps = 0;
        while (go(child, PTRACE_SINGLESTEP) && !is_at_breakpoint(child))
            steps++;
        if (least < 0 || steps < least)
            least = steps;
    } while (go(child, PTRACE_CONT));
    printf("%ld\n", least);
    return 0;
}
