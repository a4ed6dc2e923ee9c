/* SPDX-License-Identifier: MIT
 *
 * Children that go on without exec are counted under their own pid, however they were made and
 * however they end.
 *
 *   forks fork | _Fork | clone    three children that end by _exit
 *   forks exit                    ... by exit, with a thread of their own
 *   forks atfork                  ... after a handler of theirs made a call inside fork
 *   forks grandchild              each with a child of its own
 *   forks busy                    forty, made while four threads make calls
 *   forks many                    more than a trace has room for, one after the other, by exit
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

#define READS   7
#define THREADS 4

static const char *shape;
static int zero;
static atomic_int stop;

static void read_times(int times)
{
    char byte;
    for (int i = 0; i < times; i++)
        truth_check(read(zero, &byte, 1) == 1);
}

static void *read_in_thread(void *arg)
{
    read_times(3);
    return arg;
}

static pid_t make_child(void)
{
    if (!strcmp(shape, "_Fork"))
        return _Fork();
    if (!strcmp(shape, "clone"))
        return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    return fork();
}

/* What the parent, and nobody else, counts for a child. */
static const char *call_made(void)
{
    if (!strcmp(shape, "clone"))
        return "syscall:clone";
    return strcmp(shape, "_Fork") ? "fork" : "_Fork";
}

static void read_in_child(void)
{
    read_times(1);
}

static void await(pid_t child)
{
    int status = -1;
    truth_check(child > 0 && waitpid(child, &status, 0) == child);
    truth_check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void be_child(void)
{
    pthread_t thread;
    if (!strcmp(shape, "exit")) {
        read_times(READS - 3);
        truth_check(pthread_create(&thread, NULL, read_in_thread, NULL) == 0);
        pthread_join(thread, NULL);
        exit(3);
    }
    if (!strcmp(shape, "many")) {
        read_times(READS);
        exit(3);
    }
    if (!strcmp(shape, "atfork")) {
        read_times(READS - 1);
        _exit(3);
    }
    if (!strcmp(shape, "grandchild")) {
        pid_t child = fork();
        if (child)
            await(child);
    }
    read_times(READS);
    _exit(3);
}

static void *stay_busy(void *arg)
{
    char byte;
    while (!stop)
        truth_check(pread(zero, &byte, 1, 0) == 1);
    return arg;
}

static void run_children(int children)
{
    for (int i = 0; i < children; i++) {
        fflush(stdout);
        pid_t child = make_child();
        if (child == 0)
            be_child();
        await(child);
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    shape = argc > 1 ? argv[1] : "fork";
    int busy = !strcmp(shape, "busy");
    int many = !strcmp(shape, "many");
    int children = many ? 5000 : busy ? 40 : 3;
    zero = open("/dev/zero", O_RDONLY);
    read_times(5);
    if (!strcmp(shape, "atfork"))
        truth_check(pthread_atfork(NULL, NULL, read_in_child) == 0);
    for (int i = 0; busy && i < THREADS; i++)
        truth_check(pthread_create(&threads[i], NULL, stay_busy, NULL) == 0);
    run_children(children);
    stop = 1;
    for (int i = 0; busy && i < THREADS; i++)
        pthread_join(threads[i], NULL);
    read_times(5);

    int all = strcmp(shape, "grandchild") ? children : 2 * children;
    truth_expect("calls %s == %d", call_made(), all);
    if (!many) {
        truth_expect("children == %d", all);
        truth_expect("child-calls read == %d", READS);
    }
    truth_expect("calls read == %d", 10 + all * READS);
    truth_expect("traces == 1");
    return 0;
}
