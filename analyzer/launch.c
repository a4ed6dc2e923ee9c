/* SPDX-License-Identifier: MIT
 *
 * The child process of `shunt run`.
 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

/* What execve would have kept and fork does not hand on. */
struct legacy {
    struct sigaction child_action; /* SIGCHLD; ignored, it would reap for us */
    struct itimerval timers[3];
    int death_signal;
    int subreaper;
};

static const int timer_kinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void take_legacy(struct legacy *legacy)
{
    static const struct itimerval none;
    sigaction(SIGCHLD, NULL, &legacy->child_action);
    signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < 3; i++)
        setitimer(timer_kinds[i], &none, &legacy->timers[i]);
    prctl(PR_GET_PDEATHSIG, &legacy->death_signal);
    prctl(PR_GET_CHILD_SUBREAPER, &legacy->subreaper);
}

/* In the child, before exec: async-signal-safe calls only. */
static void give_legacy(const struct legacy *legacy)
{
    sigaction(SIGCHLD, &legacy->child_action, NULL);
    for (int i = 0; i < 3; i++)
        if (legacy->timers[i].it_value.tv_sec || legacy->timers[i].it_value.tv_usec)
            setitimer(timer_kinds[i], &legacy->timers[i], NULL);
    if (legacy->death_signal)
        prctl(PR_SET_PDEATHSIG, legacy->death_signal);
    if (legacy->subreaper)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The argument list of /bin/sh for a file that the kernel does not know how to run. */
static char **shell_arguments(const char *path, char **argv)
{
    size_t count = 0;
    while (argv[count])
        count++;
    char **list = calloc(count + 3, sizeof *list);
    if (!list)
        return NULL;
    list[0] = (char *)"/bin/sh";
    list[1] = (char *)path;
    for (size_t i = 1; i < count; i++)
        list[i + 1] = argv[i];
    return list;
}

/* Low numbers that were closed when we started must stay closed in the program, and must not become
 * our own files' while stderr is written to. */
static void occupy_standard_fds(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static void drop_inherited_fds(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    close_range(STDERR_FILENO + 1, ~0u, 0);
}

/* Until the exec succeeded (the pipe closes) or failed (errno comes through it). */
static int exec_result(int fd)
{
    int error = 0;
    ssize_t length;
    do
        length = read(fd, &error, sizeof error);
    while (length < 0 && errno == EINTR);
    close(fd);
    return length == (ssize_t)sizeof error ? -error : 0;
}

/* Holds the child until the hook has been called: the pipe closes. */
struct gate {
    const struct launch_hook *hook; /* NULL: none */
    int end[2];
};

static int gate_make(struct gate *gate, const struct launch_hook *hook)
{
    *gate = (struct gate){.hook = hook, .end = {-1, -1}};
    return hook && pipe2(gate->end, O_CLOEXEC) < 0 ? -errno : 0;
}

/* In the child: async-signal-safe calls only. */
static void gate_wait(const struct gate *gate)
{
    char nothing;
    if (!gate->hook)
        return;
    prctl(PR_SET_PTRACER, gate->hook->tracer);
    close(gate->end[1]);
    while (read(gate->end[0], &nothing, 1) < 0 && errno == EINTR)
        ;
}

static int gate_open(struct gate *gate, pid_t child)
{
    if (!gate->hook)
        return 0;
    int error = child > 0 ? gate->hook->before(gate->hook->data, child) : 0;
    if (error)
        kill(child, SIGKILL);
    close(gate->end[0]);
    close(gate->end[1]);
    return error;
}

int launch_start(struct launch *launch, const char *path, char **argv, char **envp,
                 const struct launch_hook *hook)
{
    int status[2];
    int error = 0;
    struct gate gate;
    struct legacy legacy;
    sigset_t all;
    sigfillset(&all);
    *launch = (struct launch){.parent = getppid()};
    occupy_standard_fds();
    char **shell = shell_arguments(path, argv);
    if (!shell)
        return -ENOMEM;
    error = gate_make(&gate, hook);
    if (!error && pipe2(status, O_CLOEXEC) < 0)
        error = -errno;
    if (error)
        goto out;
    sigprocmask(SIG_SETMASK, &all, &launch->mask);
    take_legacy(&legacy);
    witness_start(&launch->witness);
    launch->started_realtime_ns = clock_ns(CLOCK_REALTIME);
    launch->started_monotonic_ns = clock_ns(CLOCK_MONOTONIC);
    launch->pid = fork();
    if (launch->pid == 0) {
        gate_wait(&gate);
        give_legacy(&legacy);
        sigprocmask(SIG_SETMASK, &launch->mask, NULL);
        execve(path, argv, envp);
        if (errno == ENOEXEC)
            execve(shell[0], shell, envp);
        error = errno;
        (void)!write(status[1], &error, sizeof error);
        _exit(EXIT_FAILURE);
    }
    error = launch->pid < 0 ? -errno : 0;
    close(status[1]);
    int hook_error = gate_open(&gate, launch->pid);
    int exec_error = exec_result(status[0]);
    if (!error && (hook_error || exec_error)) {
        error = hook_error ? hook_error : exec_error;
        waitpid(launch->pid, NULL, 0);
    }
    if (error) {
        witness_stop(&launch->witness);
        sigprocmask(SIG_SETMASK, &launch->mask, NULL);
    } else {
        drop_inherited_fds();
    }
out:
    free(shell);
    return error;
}

/* ---- while it runs ---- */

static void forward(pid_t to, int signal, siginfo_t *info)
{
    /* A queued signal keeps its value and its sender. */
    if (info->si_code != SI_QUEUE || syscall(SYS_rt_sigqueueinfo, to, signal, info) < 0)
        kill(to, signal);
}

/* A hangup reaches the session leader by itself. Without us that would be the program. */
static bool is_leaders_hangup(const struct launch *launch, int signal)
{
    return signal == SIGHUP && getsid(0) == getpid() && getpgid(launch->pid) != getpgrp();
}

static void handle_signal(struct launch *launch, int signal, siginfo_t *info)
{
    if (signal == SIGCHLD || signal == SIGPIPE)
        return;
    if (info->si_code > 0) {
        /* The terminal signals whole groups: the program got its own. */
        if (is_leaders_hangup(launch, signal))
            kill(launch->pid, signal);
        return;
    }
    if (witness_saw(&launch->witness, signal))
        return;
    if (info->si_pid != launch->pid)
        forward(launch->pid, signal, info);
    else if (launch->parent > 1 && getppid() == launch->parent)
        forward(launch->parent, signal, info); /* it means the process that started it */
}

static bool is_pending(int signal)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, signal);
}

/* The shell watches us: stop as the program stopped, so that it takes the terminal back. */
static void stop_like(int signal)
{
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    struct sigaction before;
    sigset_t one;
    sigset_t mask;
    if (is_pending(SIGCONT))
        return;
    sigemptyset(&one);
    sigaddset(&one, signal);
    sigaction(signal, &fallback, &before);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &one, &mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(signal, &before, NULL);
}

static void handle_stops(struct launch *launch)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)launch->pid, &info, WSTOPPED | WCONTINUED | WNOHANG) < 0 ||
        info.si_pid != launch->pid || info.si_code != CLD_STOPPED)
        return;
    int signal = info.si_status;
    /* A plain SIGSTOP is somebody's dealing with the program alone: who sent it there will send
     * SIGCONT there, and we would sleep on. */
    bool terminal = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    if (terminal && getpgid(launch->pid) == getpgrp())
        stop_like(signal);
}

static bool has_ended(const struct launch *launch)
{
    siginfo_t info = {0};
    int result = waitid(P_PID, (id_t)launch->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return result < 0 || info.si_pid == launch->pid;
}

void launch_wait(struct launch *launch, launch_tick *tick, void *data)
{
    sigset_t all;
    sigfillset(&all);
    uint64_t due = clock_ns(CLOCK_MONOTONIC);
    while (!has_ended(launch)) {
        handle_stops(launch);
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (tick && now >= due)
            due = now + tick(data);
        uint64_t left = tick && due > now ? due - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S),
                                   .tv_nsec = (long)(left % NS_PER_S)};
        siginfo_t info;
        int signal = tick ? sigtimedwait(&all, &info, &timeout) : sigwaitinfo(&all, &info);
        if (signal > 0)
            handle_signal(launch, signal, &info);
    }
    launch->ended_monotonic_ns = clock_ns(CLOCK_MONOTONIC);
}

struct launch_end launch_reap(struct launch *launch)
{
    struct launch_end end = {.exit_status = EXIT_FAILURE};
    int status;
    witness_stop(&launch->witness);
    if (wait4(launch->pid, &status, 0, &end.usage) == launch->pid) {
        end.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    return end;
}

void launch_die_of(int signal)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    /* The limit does not hold for a core_pattern that is a pipe; this does. */
    prctl(PR_SET_DUMPABLE, 0);
    sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
}
