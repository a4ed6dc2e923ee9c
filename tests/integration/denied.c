/* SPDX-License-Identifier: MIT
 *
 * What calls of every convention say when a rule denies them, and whether they were made. Each line
 * is one call: its result and its error's name.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The error as it was when the call had returned: arguments are in no order. */
#define SHOW(name, call)             \
    do {                             \
        long result_ = (long)(call); \
        show(name, result_, errno);  \
    } while (0)

static void show(const char *call, long result, int error)
{
    printf("%s %ld %s\n", call, result, error ? strerrorname_np(error) : "0");
    fflush(stdout);
}

static void conventions(void)
{
    struct addrinfo *found = (void *)1;
    struct timespec ms = {0, 1000000};
    errno = 0;
    SHOW("mkdir", mkdir("made", 0700));
    errno = 0;
    SHOW("fopen", fopen("/dev/null", "r") != NULL);
    errno = 0;
    SHOW("posix_fallocate", posix_fallocate(0, 0, 1));
    errno = 0;
    SHOW("getaddrinfo", getaddrinfo("127.0.0.1", NULL, NULL, &found));
    show("found", found == (void *)1, 0);
    errno = 0;
    SHOW("readlink", readlink("/proc/self/exe", (char[1]){0}, 1));
    errno = 0;
    SHOW("nanosleep", nanosleep(&ms, NULL));
    errno = 0;
}

/* A rule denies the family, and these cannot be denied: they are made. */
static void brought_along(void)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    errno = 0;
    unsigned left = sleep(1);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    SHOW("sleep", (long)left);
    show("slept", ms >= 1000, 0);
}

/* One that is only counted is as it was, errno included. */
static void only_counted(void)
{
    errno = ENOTTY;
    int fd = open("/dev/null", O_RDONLY);
    SHOW("open", fd >= 0);
    close(fd);
    SHOW("open", open("/none", O_RDONLY));
}

static volatile sig_atomic_t in_handler;

static void on_signal(int number)
{
    (void)number;
    int saved = errno;
    in_handler = mkdir("made", 0700) == -1 ? errno : -1;
    errno = saved;
}

static void elsewhere(void)
{
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    show("in a handler", in_handler < 0, in_handler);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(mkdir("made", 0700) == -1 ? errno : 0);
    int status = 0;
    waitpid(child, &status, 0);
    show("in a child", 0, WEXITSTATUS(status));
    child = vfork();
    if (child == 0)
        _exit(mkdir("made", 0700) == -1 ? errno : 0);
    waitpid(child, &status, 0);
    show("in a vfork child", 0, WEXITSTATUS(status));
}

static void *sleep_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        nanosleep(&(struct timespec){1, 0}, NULL);
    return NULL;
}

/* A loop of denied calls can be cancelled, as one of calls that wait. */
static void cancelled(void)
{
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, sleep_for_ever, NULL);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    show("cancelled", result == PTHREAD_CANCELED, 0);
}

int main(void)
{
    conventions();
    brought_along();
    only_counted();
    elsewhere();
    cancelled();
    show("made", access("made", F_OK), 0);
    return 0;
}
