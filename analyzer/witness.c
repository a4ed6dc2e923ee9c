/* SPDX-License-Identifier: MIT
 *
 * The witness process of a run.
 */
#include "witness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WITNESS_BYTES   (WITNESS_SIGNALS * sizeof(unsigned))
#define WAIT_STEP_NS    200000
#define WAIT_STEPS      15
#define WAIT_STEPS_MOST 5000

static void __attribute__((noreturn)) watch(volatile unsigned *seen, pid_t parent)
{
    prctl(PR_SET_NAME, "shunt-witness");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    /* It must not keep a pipe or a lock of the program's open. */
    close_range(0, ~0u, 0);
    sigset_t all;
    sigfillset(&all);
    for (;;) {
        int signal = sigwaitinfo(&all, NULL);
        if (signal > 0 && signal < WITNESS_SIGNALS)
            seen[signal]++;
    }
}

void witness_start(struct witness *witness)
{
    *witness = (struct witness){0};
    void *shared =
        mmap(NULL, WITNESS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return;
    witness->shared = shared;
    witness->seen = shared;
    pid_t parent = getpid();
    witness->pid = fork();
    if (witness->pid == 0)
        watch(witness->seen, parent);
    if (witness->pid < 0)
        witness->pid = 0;
}

/* What the kernel says of the witness at this moment. */
struct glance {
    bool pending; /* the signal has arrived, and the witness did not take it yet */
    bool asleep;  /* it waits for a signal: it has taken none that it did not count */
};

static struct glance glance(pid_t pid, int signal)
{
    char path[64];
    struct glance glance = {.asleep = true};
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return glance;
    char text[4096];
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return glance;
    text[length] = '\0';
    const char *mask = strstr(text, "ShdPnd:\t");
    glance.pending = mask && strtoull(mask + strlen("ShdPnd:\t"), NULL, 16) >> (signal - 1) & 1;
    glance.asleep = !strstr(text, "State:\tR");
    return glance;
}

/* On a busy machine the witness may have been woken and wait for a CPU: asked on until it sleeps.
 */
bool witness_saw(struct witness *witness, int signal)
{
    if (!witness->pid || signal <= 0 || signal >= WITNESS_SIGNALS)
        return false;
    struct glance now = {0};
    for (int i = 0; i < WAIT_STEPS || (!now.asleep && i < WAIT_STEPS_MOST); i++) {
        now = glance(witness->pid, signal);
        if (witness->seen[signal] != witness->accounted[signal]) {
            witness->accounted[signal] = witness->seen[signal];
            return true;
        }
        if (now.pending) {
            witness->accounted[signal]++;
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = WAIT_STEP_NS}, NULL);
    }
    return false;
}

void witness_stop(struct witness *witness)
{
    if (witness->pid) {
        kill(witness->pid, SIGKILL);
        while (waitpid(witness->pid, NULL, 0) < 0 && kill(witness->pid, 0) == 0)
            ;
    }
    if (witness->seen)
        munmap(witness->shared, WITNESS_BYTES);
    *witness = (struct witness){0};
}
