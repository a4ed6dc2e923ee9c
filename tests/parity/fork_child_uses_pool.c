/* SPDX-License-Identifier: MIT
 *
 * A child has none of its parent's threads. Its calls work all the same: made by the one thread
 * that it has, and by threads that it starts.
 *
 *   fork_child_uses_pool fork | _Fork | clone | busy     busy: fork while other threads make calls
 *   fork_child_uses_pool vfork                           its first call is one of a child by vfork
 */
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "parity.h"

#define BUSY     4
#define CHILDREN 40

static int stop;

static void *make_calls(void *unused)
{
    char byte = 'x';
    int ends[2];
    (void)unused;
    truth_check(pipe(ends) == 0);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        truth_check(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1);
    return NULL;
}

static void *write_late(void *fd)
{
    parity_pause();
    return (void *)(long)write(*(int *)fd, "x", 1);
}

/* A read that waits for a thread of the child's. */
static int child_reads(int threads)
{
    char byte;
    int ends[2];
    pthread_t thread;
    if (pipe(ends) != 0)
        return 2;
    if (!threads)
        return write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1 ? 0 : 3;
    if (pthread_create(&thread, NULL, write_late, &ends[1]) != 0)
        return 4;
    int result = read(ends[0], &byte, 1) == 1 ? 0 : 5;
    pthread_join(thread, NULL);
    return result;
}

static pid_t make_child(const char *how)
{
    if (!strcmp(how, "_Fork"))
        return _Fork();
    if (!strcmp(how, "clone"))
        return (pid_t)parity_raw(SYS_clone, SIGCHLD, 0, 0, 0);
    return fork();
}

static void *send_late(void *fd)
{
    parity_pause();
    return (void *)(long)send(*(int *)fd, "x", 1, 0);
}

/* Calls of a child by vfork stay with it, and are no reason for ours to stay. */
static int child_receives(void)
{
    char byte;
    int ends[2], status = -1;
    pthread_t thread;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 6;
    pid_t other = vfork();
    if (other == 0) {
        close(ends[0]);
        close(ends[1]);
        _exit(0);
    }
    if (waitpid(other, &status, 0) != other || status)
        return 7;
    if (pthread_create(&thread, NULL, send_late, &ends[1]) != 0)
        return 8;
    int result = recv(ends[0], &byte, 1, 0) == 1 ? 0 : 9;
    pthread_join(thread, NULL);
    return result;
}

static void run_child(const char *how)
{
    int status = -1;
    pid_t child = make_child(how);
    if (child == 0)
        _exit(!strcmp(how, "vfork") ? child_receives() : child_reads(!strcmp(how, "fork")));
    truth_check(child > 0 && waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        printf("child ended with %x\n", (unsigned)status);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    pthread_t threads[BUSY];
    int busy = !strcmp(how, "busy") ? BUSY : 0;
    parity_warm_up();
    for (int i = 0; i < busy; i++)
        threads[i] = parity_start(make_calls, NULL);
    for (int i = 0; i < CHILDREN; i++)
        run_child(how);
    printf("%d children\n", CHILDREN);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < busy; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
