/* SPDX-License-Identifier: MIT
 *
 * What the programs share that judge routed calls: they say what happened, in the same words in
 * whatever way their calls are made, and wait for conditions that hold in every way. A call that
 * was moved is in the kernel on another thread than the one that made it; so it is looked for on
 * all of them.
 */
#ifndef TESTS_PARITY_H
#define TESTS_PARITY_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define PARITY_LOOKS 2000 /* a condition that a wrong implementation never meets is given up */

/* "read: 1" or "read: EINTR" */
static inline void parity_say(const char *what, long result)
{
    if (result < 0)
        printf("%s: %s\n", what, strerrorname_np(errno));
    else
        printf("%s: %ld\n", what, result);
    fflush(stdout);
}

/* A system call that nobody sees: what arranges a test must not be moved, or queued. As syscall(2)
 * but for a negative error number as the result. */
static inline long parity_raw(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline void parity_pause(void)
{
    struct timespec moment = {0, 1000000};
    parity_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
}

/* The first line or so of a file; "" if there is none. */
static inline void parity_file(const char *path, char *text, size_t size)
{
    long fd = parity_raw(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    long length = fd < 0 ? 0 : parity_raw(SYS_read, fd, (long)text, (long)size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
        parity_raw(SYS_close, fd, 0, 0, 0);
}

/* Is any thread of this process in system call `number`, with this first argument (-1: any)? */
static inline int parity_is_in(long number, long argument)
{
    int found = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *entry; tasks && (entry = readdir(tasks));) {
        char path[300], line[256];
        long its_number = -1;
        unsigned long its_argument = 0;
        snprintf(path, sizeof path, "/proc/self/task/%s/syscall", entry->d_name);
        parity_file(path, line, sizeof line);
        if (sscanf(line, "%ld %lx", &its_number, &its_argument) == 2)
            found |=
                its_number == number && (argument < 0 || its_argument == (unsigned long)argument);
    }
    if (tasks)
        closedir(tasks);
    return found;
}

/* Until some thread waits there; returns whether one does. */
static inline int parity_await(long number, long argument)
{
    for (int i = 0; i < PARITY_LOOKS; i++) {
        if (parity_is_in(number, argument))
            return 1;
        parity_pause();
    }
    return 0;
}

/* Until the kernel says that this thread sleeps, here or while another does its work. */
static inline void parity_await_sleep(pid_t tid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    for (int i = 0; i < PARITY_LOOKS; i++) {
        parity_file(path, line, sizeof line);
        if (strstr(line, ") S "))
            return;
        parity_pause();
    }
}

static inline pthread_t parity_start(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    truth_check(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

/* Some calls from the start, one of which has to wait: whoever moves calls has begun to. */
static inline void parity_warm_up(void)
{
    struct timespec moment = {0, 1000};
    int ends[2];
    char byte = 'w';
    truth_check(pipe(ends) == 0 && nanosleep(&moment, NULL) == 0);
    for (int i = 0; i < 3; i++)
        truth_check(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1);
    close(ends[0]);
    close(ends[1]);
}

#endif
