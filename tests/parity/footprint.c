/* SPDX-License-Identifier: MIT
 *
 * What a program can see of itself that a guest could change: its fds, tasks, children, signal
 * handlers and masks, timers, limits, attributes, memory, its environment and that of its children.
 * Printed at the start and again after calls, some of which blocked; then what runs at its end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

extern char **environ;

static void print_status(void)
{
    static const char *const fields[] = {
        "Threads", "SigPnd", "ShdPnd", "SigBlk",     "SigIgn", "SigCgt", "Seccomp",    "FDSize",
        "CapEff",  "CapBnd", "CapAmb", "NoNewPrivs", "Groups", "VmLck",  "CoreDumping"};
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (!strncmp(line, fields[i], strlen(fields[i])) && line[strlen(fields[i])] == ':')
                fputs(line, stdout);
    if (file)
        fclose(file);
}

static int entries_of(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int count = 0;
    while (directory && (entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    if (directory)
        closedir(directory);
    return count;
}

static int lines_of(const char *path)
{
    int count = 0;
    FILE *file = fopen(path, "r");
    for (int c; file && (c = getc(file)) != EOF;)
        count += c == '\n';
    if (file)
        fclose(file);
    return count;
}

static void print_fds(void)
{
    int lowest = dup(0);
    printf("fds %d lowest free %d\n", entries_of("/proc/self/fd") - 2, lowest);
    close(lowest);
    for (int fd = 0; fd < 16; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf("fd %d flags %x %x\n", fd, (unsigned)fcntl(fd, F_GETFD),
                   (unsigned)fcntl(fd, F_GETFL));
}

static void print_tasks(void)
{
    printf("tasks %d timers %d, children: %s\n", entries_of("/proc/self/task"),
           lines_of("/proc/self/timers"),
           waitpid(-1, NULL, WNOHANG) < 0 ? strerrorname_np(errno) : "some");
}

static void print_limits(void)
{
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit = {0, 0};
        getrlimit((__rlimit_resource_t)i, &limit);
        printf("limit %d %lu %lu\n", i, (unsigned long)limit.rlim_cur,
               (unsigned long)limit.rlim_max);
    }
}

static void print_signals(void)
{
    sigset_t blocked;
    stack_t alternate = {.ss_flags = 0};
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    sigaltstack(NULL, &alternate);
    printf("alternate stack %x\n", (unsigned)alternate.ss_flags);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action = {.sa_flags = 0};
        /* Of libc's own signals, which sigaction hides, the kernel tells. */
        long result = syscall(SYS_rt_sigaction, i, NULL, &action, 8);
        if (result != 0 || action.sa_handler != SIG_DFL || action.sa_flags ||
            sigismember(&blocked, i))
            printf("signal %d: %s flags %x blocked %d\n", i,
                   action.sa_handler == SIG_IGN   ? "ignored"
                   : action.sa_handler == SIG_DFL ? "default"
                                                  : "handled",
                   (unsigned)action.sa_flags, sigismember(&blocked, i));
    }
}

static void print_timers(void)
{
    for (int i = 0; i < 3; i++) {
        struct itimerval timer = {{0, 0}, {0, 0}};
        getitimer((__itimer_which_t)i, &timer);
        printf("timer %d %s\n", i, timer.it_value.tv_sec || timer.it_value.tv_usec ? "set" : "off");
    }
}

static void print_attributes(void)
{
    static const int options[] = {PR_GET_DUMPABLE,   PR_GET_KEEPCAPS,   PR_GET_NO_NEW_PRIVS,
                                  PR_GET_TIMERSLACK, PR_GET_SECUREBITS, PR_GET_THP_DISABLE,
                                  PR_GET_SECCOMP,    PR_GET_IO_FLUSHER};
    char name[17] = "";
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        printf("prctl %d: %d\n", options[i], prctl(options[i], 0, 0, 0, 0));
    prctl(PR_GET_NAME, name);
    sched_getaffinity(0, sizeof cpus, &cpus);
    printf("name %s, personality %d, policy %d, nice %d, cpus %d\n", name, personality(0xffffffff),
           sched_getscheduler(0), getpriority(PRIO_PROCESS, 0), CPU_COUNT(&cpus));
    printf("locale %s, umask %o, mxcsr %x, session %d, group %d\n", setlocale(LC_ALL, NULL),
           umask(022), __builtin_ia32_stmxcsr(), getsid(0) == getpid(), getpgrp() == getpid());
}

static void print_environment(void)
{
    for (char **entry = environ; *entry; entry++) {
        int path = !strncmp(*entry, "PWD=", 4) || !strncmp(*entry, "OLDPWD=", 7);
        printf("%.*s\n", (int)(path ? strcspn(*entry, "=") : strlen(*entry)), *entry);
    }
}

static void print_self(void)
{
    print_fds();
    print_tasks();
    print_status();
    print_limits();
    print_signals();
    print_timers();
    print_attributes();
    print_environment();
}

static void print_children(void)
{
    char line[4096];
    fflush(stdout);
    FILE *child = popen("env; ls /proc/self/fd | wc -l; ls /proc/self/task | wc -l", "r");
    while (child && fgets(line, sizeof line, child))
        if (strncmp(line, "PWD=", 4) != 0)
            fputs(line, stdout);
    if (child)
        printf("status %d\n", pclose(child));
}

static int zero;

static void *make_calls(void *arg)
{
    char byte;
    struct timespec moment = {0, 2000000};
    errno = 77;
    for (int i = 0; i < 1000; i++)
        truth_check(read(zero, &byte, 1) == 1 && errno == 77);
    for (int i = 0; i < 10; i++)
        truth_check(nanosleep(&moment, NULL) == 0 && errno == 77);
    return arg;
}

/* What grows while calls are made from places that were met before. */
static void print_growth(void)
{
    make_calls(NULL);
    size_t used = mallinfo2().uordblks;
    void *end = sbrk(0);
    int mappings = lines_of("/proc/self/maps");
    make_calls(NULL);
    printf("heap +%zu, break +%td, mappings +%d\n", mallinfo2().uordblks - used,
           (char *)sbrk(0) - (char *)end, lines_of("/proc/self/maps") - mappings);
}

/* A second task is there while it runs, and nothing else. */
static void print_while_running(void)
{
    pthread_t thread;
    truth_check(pthread_create(&thread, NULL, make_calls, NULL) == 0);
    print_tasks();
    print_fds();
    pthread_join(thread, NULL);
}

static void at_exit_first(void)
{
    puts("registered first, runs last");
}

static void at_exit_second(void)
{
    puts("registered second, runs before it");
}

__attribute__((destructor)) static void at_end(void)
{
    puts("destructor");
}

int main(void)
{
    atexit(at_exit_first);
    atexit(at_exit_second);
    print_self();
    zero = open("/dev/zero", O_RDONLY);
    print_growth();
    print_while_running();
    close(zero);
    print_self();
    print_children();
    truth_expect("calls read >= 3000");
    truth_expect("calls nanosleep == 30");
    return 0;
}
