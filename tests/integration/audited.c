/* SPDX-License-Identifier: MIT
 *
 * Makes known numbers of system calls in known ways, so that an audit can be held to them. The
 * kernel's numbers are chosen so that neither libc nor the library makes the same call on its own.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RAW = 7, NUMBER = 5, WRITES = 11, THREADS = 3, THREAD_READS = 13, CHILD_READS = 17 };

static long raw(long number)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
    return result;
}

static int ends[2];

static void read_bytes(int count)
{
    char byte;
    for (int i = 0; i < count; i++)
        if (read(ends[0], &byte, 1) != 1)
            abort();
}

static void *reader(void *unused)
{
    read_bytes(THREAD_READS);
    return unused;
}

static void handler(int signal)
{
    (void)signal;
    (void)!write(ends[1], "s", 1);
}

int main(void)
{
    pthread_t threads[THREADS];
    char bytes[THREADS * THREAD_READS + CHILD_READS] = "";
    if (pipe(ends) != 0 || write(ends[1], bytes, sizeof bytes) != (ssize_t)sizeof bytes)
        return 1;
    for (int i = 0; i < RAW; i++)
        raw(SYS_getpgrp);
    for (int i = 0; i < NUMBER; i++)
        syscall(SYS_getsid, 0);
    for (int i = 0; i < WRITES; i++)
        if (pwrite(ends[1], bytes, 1, 0) == 1) /* ESPIPE: a call, and not in the pipe */
            return 1;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, reader, NULL) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pid_t child = fork();
    if (child == 0) {
        read_bytes(CHILD_READS);
        _exit(9);
    }
    int status;
    if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 9)
        return 1;
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    read_bytes(1);
    return 4;
}
