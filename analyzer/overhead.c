/* SPDX-License-Identifier: MIT
 *
 * See overhead.h. Each run has a runner, a process that does what `shunt run` does: bare and
 * observed runs are started, waited for and measured by the same code. The command reads /dev/null;
 * what it writes is hashed and thrown away.
 */
#include "overhead.h"

#include "command.h"
#include "run_once.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

/* What stays the same over all runs. */
struct stage {
    struct overhead *overhead;
    struct overhead_run *shared; /* written by the runner */
    sigset_t mask;               /* as we found it: the command gets it */
    struct sigaction child_action;
    int signals; /* a signalfd */
};

/* One run's pipes. */
struct stream {
    int fd; /* -1 closed */
    XXH64_state_t *hash;
};

/* ---- the runner ---- */

static uint64_t cpu_ns(const struct rusage *usage)
{
    uint64_t seconds = (uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec;
    uint64_t us = (uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec;
    return seconds * 1000000000u + us * 1000u;
}

static void measure(struct overhead_run *result, const struct run_once *run)
{
    const struct launch *launch = &run->launch;
    result->exit_status = run->end.exit_status;
    result->signal = run->end.signal;
    result->value[OVERHEAD_WALL] = launch->ended_monotonic_ns - launch->started_monotonic_ns;
    result->value[OVERHEAD_CPU] = cpu_ns(&run->end.usage);
    result->value[OVERHEAD_RSS] = (uint64_t)run->end.usage.ru_maxrss * 1024u;
    snprintf(result->gap, sizeof result->gap, "%.*s", (int)sizeof result->gap - 1, run->setup->gap);
}

static _Noreturn void runner(const struct stage *stage, enum overhead_kind kind, const int *ends)
{
    struct overhead_run *result = stage->shared;
    struct run_once run;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(ends[0], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    sigaction(SIGCHLD, &stage->child_action, NULL);
    sigprocmask(SIG_SETMASK, &stage->mask, NULL);
    result->trouble =
        run_once_start(&run, stage->overhead->setup, kind == OVERHEAD_OBSERVED, &result->error);
    if (!result->trouble) {
        run_once_wait(&run);
        measure(result, &run);
        if (kind == OVERHEAD_OBSERVED)
            run_once_record(&run);
    }
    _exit(0);
}

/* ---- watching it ---- */

static void drain(struct stream *stream)
{
    char buffer[65536];
    ssize_t length;
    while (stream->fd >= 0 && (length = read(stream->fd, buffer, sizeof buffer)) != 0) {
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return; /* nothing more for now */
        XXH64_update(stream->hash, buffer, (size_t)length);
    }
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

/* A terminal signals the whole group, the command included; what was sent to us alone is passed on.
 * True when the runner may have ended. */
static bool take_signal(struct stage *stage, pid_t pid)
{
    struct signalfd_siginfo info;
    if (read(stage->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return false;
    if (info.ssi_signo == SIGCHLD)
        return true;
    stage->overhead->interrupted = (int)info.ssi_signo;
    if (info.ssi_code <= 0)
        kill(pid, (int)info.ssi_signo);
    return false;
}

static void watch(struct stage *stage, pid_t pid, struct stream *streams)
{
    for (bool ended = false; !ended;) {
        struct pollfd wait[] = {{.fd = stage->signals, .events = POLLIN},
                                {.fd = streams[0].fd, .events = POLLIN},
                                {.fd = streams[1].fd, .events = POLLIN}};
        if (poll(wait, 3, -1) < 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (wait[i + 1].revents)
                drain(&streams[i]);
        if (wait[0].revents && take_signal(stage, pid))
            ended = waitpid(pid, NULL, WNOHANG) == pid;
    }
    /* a process that the command left behind may hold the pipe for good */
    for (int i = 0; i < 2; i++)
        drain(&streams[i]);
}

/* The observed run before left its traces here. */
static void clear_traces(const char *path)
{
    DIR *directory = opendir(path);
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        if (trace_dir_is_trace(entry->d_name))
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
}

static int open_streams(struct stream *streams, int *ends)
{
    for (int i = 0; i < 2; i++) {
        int pipe[2];
        if (pipe2(pipe, O_CLOEXEC) < 0)
            return -errno;
        fcntl(pipe[0], F_SETFL, O_NONBLOCK);
        streams[i].fd = pipe[0];
        ends[i] = pipe[1];
        streams[i].hash = XXH64_createState();
        if (!streams[i].hash)
            return -ENOMEM;
        XXH64_reset(streams[i].hash, 0);
    }
    return 0;
}

static void close_streams(struct stream *streams, struct overhead_run *result)
{
    for (int i = 0; i < 2; i++) {
        if (streams[i].fd >= 0)
            close(streams[i].fd);
        if (streams[i].hash)
            result->output[i] = XXH64_digest(streams[i].hash);
        XXH64_freeState(streams[i].hash);
    }
}

/* 0, or an exit status with a sentence. */
static int run_one(struct stage *stage, enum overhead_kind kind, struct overhead_run *result,
                   struct error *error)
{
    struct stream streams[2] = {{.fd = -1}, {.fd = -1}};
    int ends[2] = {-1, -1};
    pid_t pid = -1;
    if (kind == OVERHEAD_OBSERVED)
        clear_traces(stage->overhead->setup->dir.path);
    memset(stage->shared, 0, sizeof *stage->shared);
    int trouble = open_streams(streams, ends);
    if (!trouble && (pid = fork()) == 0)
        runner(stage, kind, ends);
    if (!trouble && pid < 0)
        trouble = -errno;
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    if (pid > 0)
        watch(stage, pid, streams);
    *result = *stage->shared;
    close_streams(streams, result);
    if (trouble) {
        error_set(error, "a run cannot be started: %s", strerror(-trouble));
        return EXIT_SETUP;
    }
    if (result->trouble)
        *error = result->error;
    return result->trouble;
}

/* ---- all runs ---- */

static void tell(const struct overhead *overhead, unsigned pair, const char *what)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (what)
        fprintf(stderr, "\r\033[Kshunt: %s of pair %u of %u", what, pair + 1, overhead->pairs);
    else
        fputs("\r\033[K", stderr);
}

static int run_pair(struct stage *stage, unsigned pair, struct error *error)
{
    static const char *const names[] = {"bare run", "observed run"};
    struct overhead *overhead = stage->overhead;
    for (unsigned i = 0; i < OVERHEAD_KINDS; i++) {
        /* bare, observed, observed, bare: what drifts meets both alike */
        enum overhead_kind kind = (enum overhead_kind)((i + pair) % 2);
        tell(overhead, pair, names[kind]);
        int status = run_one(stage, kind, &overhead->pair[pair][kind], error);
        if (status || overhead->interrupted)
            return status;
        overhead->runs++;
        if (overhead->pair[pair][kind].gap[0]) {
            error_set(error, "%s; nothing to compare", overhead->pair[pair][kind].gap);
            return EXIT_SETUP;
        }
    }
    overhead->done++;
    return 0;
}

static int run_all(struct stage *stage, struct error *error)
{
    struct overhead *overhead = stage->overhead;
    int status = run_one(stage, OVERHEAD_BARE, &overhead->first, error);
    overhead->runs += !status && !overhead->interrupted;
    for (unsigned pair = 0; pair < overhead->pairs && !status && !overhead->interrupted; pair++)
        status = run_pair(stage, pair, error);
    tell(overhead, 0, NULL);
    return status;
}

/* The signals that stop us, but for those that somebody told us to ignore. */
static sigset_t stopping(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, signals[i]);
    }
    return set;
}

int overhead_make(struct overhead *overhead, struct error *error)
{
    struct stage stage = {.overhead = overhead, .signals = -1};
    sigset_t set = stopping();
    sigprocmask(SIG_BLOCK, &set, &stage.mask);
    sigaction(SIGCHLD, NULL, &stage.child_action);
    signal(SIGCHLD, SIG_DFL);
    stage.signals = signalfd(-1, &set, SFD_CLOEXEC);
    void *shared =
        mmap(NULL, sizeof *stage.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = EXIT_SETUP;
    if (stage.signals < 0 || shared == MAP_FAILED) {
        error_set(error, "the runs cannot be watched: %s", strerror(errno));
    } else {
        stage.shared = shared;
        status = run_all(&stage, error);
        munmap(shared, sizeof *stage.shared);
    }
    if (stage.signals >= 0)
        close(stage.signals);
    return status;
}
