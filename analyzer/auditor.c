/* SPDX-License-Identifier: MIT
 *
 * See auditor.h.
 */
#include "auditor.h"

#include "audit_tracer.h"
#include "audit_write.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int receive(int fd)
{
    int value;
    ssize_t length;
    do
        length = read(fd, &value, sizeof value);
    while (length < 0 && errno == EINTR);
    return length == (ssize_t)sizeof value ? value : -EPIPE;
}

static void send(int fd, int value)
{
    (void)!write(fd, &value, sizeof value);
}

/* A signal for the terminal's whole group must not end the audit before the program has ended, and
 * no pipe or lock of the program's may be held open. */
static void stand_aside(int *ask, int *hear)
{
    enum { ASK = STDERR_FILENO + 1, HEAR, REST, ASIDE = 16 };
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_NAME, "shunt-auditor");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int from[] = {fcntl(*ask, F_DUPFD_CLOEXEC, ASIDE), fcntl(*hear, F_DUPFD_CLOEXEC, ASIDE)};
    *ask = dup2(from[0], ASK);
    *hear = dup2(from[1], HEAR);
    close_range(REST, ~0u, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
}

/* Ends above the standard descriptors, which may be closed and are then the program's to find so.
 */
static int make_pipe(int end[2])
{
    int low[2] = {-1, -1};
    if (pipe2(low, O_CLOEXEC) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        end[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low[i]);
    }
    return end[0] < 0 || end[1] < 0 ? -EMFILE : 0;
}

static int audit(int ask, int hear, const char *directory, const char *library)
{
    struct audit_book book;
    struct audit_tracer *tracer = NULL;
    struct audit_place place = {
        .book = &book, .path = directory, .library = text_basename(library)};
    audit_book_begin(&book);
    place.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t pid = (pid_t)receive(ask);
    if (pid <= 0)
        return EXIT_FAILURE;
    int error = place.directory < 0 ? -errno : audit_tracer_seize(&tracer, &place, pid);
    send(hear, error);
    if (error)
        return EXIT_FAILURE;
    unsigned left = audit_tracer_follow(tracer);
    return audit_write(&book, directory, pid, left) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int auditor_start(struct auditor *auditor, const char *directory, const char *library)
{
    int ask[2] = {-1, -1}, hear[2] = {-1, -1};
    pid_t parent = getpid();
    int error = make_pipe(ask);
    if (!error)
        error = make_pipe(hear);
    if (error)
        return error;
    auditor->pid = fork();
    if (auditor->pid == 0) {
        stand_aside(&ask[0], &hear[1]);
        _exit(getppid() == parent ? audit(ask[0], hear[1], directory, library) : EXIT_FAILURE);
    }
    error = auditor->pid < 0 ? -errno : 0;
    close(ask[0]);
    close(hear[1]);
    auditor->ask = ask[1];
    auditor->hear = hear[0];
    return error;
}

int auditor_seize(void *data, pid_t pid)
{
    struct auditor *auditor = data;
    send(auditor->ask, pid);
    int error = receive(auditor->hear);
    close(auditor->ask);
    close(auditor->hear);
    auditor->ask = auditor->hear = -1;
    return error;
}

bool auditor_finish(struct auditor *auditor)
{
    int status = 0;
    pid_t ended;
    do
        ended = waitpid(auditor->pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    return ended == auditor->pid && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

void auditor_cancel(struct auditor *auditor)
{
    if (!auditor->pid)
        return;
    kill(auditor->pid, SIGKILL);
    auditor_finish(auditor);
    auditor->pid = 0;
}
