/* SPDX-License-Identifier: MIT
 *
 * `inherit show` prints what a process gets from the one that started it; `inherit set COMMAND...`
 * sets up a state that exec keeps and runs the command.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static void show_fds(void)
{
    /* opendir takes the lowest free number: part of what is compared. */
    DIR *dir = opendir("/proc/self/fd");
    bool open[1024] = {false};
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            open[atoi(entry->d_name) % 1024] = true;
    printf("descriptors");
    for (int i = 0; i < 1024; i++)
        if (open[i])
            printf(" %d", i);
    printf("\n");
    if (dir)
        closedir(dir);
}

static void show_signals(void)
{
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0 &&
            (action.sa_handler != SIG_DFL || sigismember(&blocked, i)))
            printf("signal %d: %s%s\n", i,
                   action.sa_handler == SIG_IGN   ? "ignored"
                   : action.sa_handler == SIG_DFL ? "default"
                                                  : "handled",
                   sigismember(&blocked, i) ? ", blocked" : "");
    }
}

static void show(void)
{
    struct itimerval timer;
    int death = 0;
    int subreaper = 0;
    show_fds();
    show_signals();
    mode_t mask = umask(0);
    umask(mask);
    printf("umask %o nice %d\n", (unsigned)mask, getpriority(PRIO_PROCESS, 0));
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        getrlimit((__rlimit_resource_t)i, &limit);
        printf("limit %d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
               (unsigned long long)limit.rlim_max);
    }
    getitimer(ITIMER_REAL, &timer);
    prctl(PR_GET_PDEATHSIG, &death);
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    printf("alarm %s, death signal %d, subreaper %d\n", timer.it_value.tv_sec ? "set" : "not set",
           death, subreaper);
    printf("leads its session: %d, dumpable %d, name", getsid(0) == getpid(),
           prctl(PR_GET_DUMPABLE));
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    printf(" %s\n", name);
    DIR *tasks = opendir("/proc/self/task");
    int threads = -2;
    while (tasks && readdir(tasks))
        threads++;
    printf("threads %d\n", threads);
}

static void set(void)
{
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGRTMIN + 3);
    sigaddset(&some, SIGCHLD);
    sigprocmask(SIG_BLOCK, &some, NULL);
    signal(SIGTSTP, SIG_IGN);
    alarm(1000);
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    setpriority(PRIO_PROCESS, 0, 3);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "show")) {
        show();
        return 0;
    }
    if (argc > 2 && !strcmp(argv[1], "set")) {
        set();
        execvp(argv[2], argv + 2);
        perror(argv[2]);
    }
    return 2;
}
