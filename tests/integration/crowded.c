/* SPDX-License-Identifier: MIT
 *
 * Calls of one function under a bulkhead: how many are under way at a time, and how many may be
 * again after calls were left in every way there is. Those over the bulkhead are denied (EBUSY).
 *
 * crowded together [in]   six at a time, twice; in: none will be denied
 * crowded left WAY...     twenty calls left by jump, exit, cancel or fork, then as many as may be
 * crowded hold FILE FILE  two under way while the policy is replaced, when each file is there
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 8, TIMES = 20 };

struct caller {
    pthread_t thread;
    pid_t tid; /* 0: it has not begun */
    int ends[2];
    int result; /* 1 made, -1 denied, 0 neither */
};

static __thread sigjmp_buf back;
static const char *way;
static int child_capacity = -1;

static __attribute__((noinline)) ssize_t take(int fd)
{
    char byte;
    return read(fd, &byte, 1);
}

static void *call(void *argument)
{
    struct caller *caller = argument;
    __atomic_store_n(&caller->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    ssize_t got = sigsetjmp(back, 1) == 0 ? take(caller->ends[0]) : 0;
    int result = got == 1 ? 1 : got == -1 && errno == EBUSY ? -1 : 0;
    __atomic_store_n(&caller->result, result, __ATOMIC_RELEASE);
    return NULL;
}

static void start(struct caller *caller)
{
    *caller = (struct caller){0};
    if (pipe(caller->ends) != 0 || pthread_create(&caller->thread, NULL, call, caller) != 0)
        _exit(2);
}

static void end(struct caller *caller)
{
    pthread_join(caller->thread, NULL);
    close(caller->ends[0]);
    close(caller->ends[1]);
}

/* Does it sleep in its call? Seen three times in a row. */
static void await_sleep(const struct caller *caller)
{
    for (int seen = 0; seen < 3; usleep(2000)) {
        char path[64], text[256] = "", *state;
        pid_t tid = __atomic_load_n(&caller->tid, __ATOMIC_ACQUIRE);
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
        FILE *file = tid ? fopen(path, "r") : NULL;
        if (file && fgets(text, sizeof text, file) && (state = strrchr(text, ')')))
            seen = state[2] == 'S' ? seen + 1 : 0;
        if (file)
            fclose(file);
    }
}

/* How many of `count` calls at a time are made: those over are denied at once, and `over` of them
 * are waited for; with 0, that all sleep in their calls. */
static int made_of(int count, int over)
{
    struct caller callers[MOST];
    int made = 0, denied = 0;
    for (int i = 0; i < count; i++)
        start(&callers[i]);
    for (int tries = 0; denied < over && tries < 2000; tries++, usleep(2000)) {
        denied = 0;
        for (int i = 0; i < count; i++)
            denied += __atomic_load_n(&callers[i].result, __ATOMIC_ACQUIRE) == -1;
    }
    for (int i = 0; over == 0 && i < count; i++)
        await_sleep(&callers[i]);
    for (int i = 0; i < count; i++)
        if (write(callers[i].ends[1], "x", 1) != 1)
            _exit(2);
    for (int i = 0; i < count; i++) {
        end(&callers[i]);
        made += callers[i].result == 1;
    }
    return made;
}

/* ---- ways to leave a call ---- */

static void on_signal(int number)
{
    (void)number;
    if (strcmp(way, "jump") == 0)
        siglongjmp(back, 1);
    if (strcmp(way, "exit") == 0)
        pthread_exit(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(made_of(4, 2));
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        ;
    __atomic_store_n(&child_capacity, WEXITSTATUS(status), __ATOMIC_RELEASE);
}

static int leave(const char *by)
{
    way = by;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    int forks = strcmp(way, "fork") == 0;
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < (forks ? 3 : TIMES); i++) {
        struct caller caller;
        start(&caller);
        await_sleep(&caller);
        if (strcmp(way, "cancel") == 0)
            pthread_cancel(caller.thread);
        else
            pthread_kill(caller.thread, SIGUSR1);
        while (forks && __atomic_load_n(&child_capacity, __ATOMIC_ACQUIRE) == -1)
            usleep(2000);
        if (forks && write(caller.ends[1], "x", 1) != 1)
            return 2;
        end(&caller);
        if (forks)
            printf("in the child %d, here %d\n", child_capacity, caller.result);
        child_capacity = -1;
    }
    printf("%s: %d\n", way, made_of(4, 2));
    return fflush(stdout);
}

/* ---- a policy that replaces another ---- */

static void await_file(const char *path)
{
    while (access(path, F_OK) != 0)
        usleep(5000);
}

static int hold(char **files)
{
    struct caller held[2];
    for (int i = 0; i < 2; i++) {
        start(&held[i]);
        await_sleep(&held[i]);
    }
    printf("held\n");
    fflush(stdout);
    await_file(files[0]);
    printf("with two under way: %d\n", made_of(2, 2));
    for (int i = 0; i < 2; i++) {
        if (write(held[i].ends[1], "x", 1) != 1)
            return 2;
        end(&held[i]);
        printf("%d\n", held[i].result);
    }
    printf("afterwards: %d\n", made_of(4, 2));
    fflush(stdout);
    await_file(files[1]);
    printf("with a lower bound: %d\n", made_of(4, 3));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "together") == 0) {
        int over = argc == 2 ? 4 : 0, first = made_of(6, over);
        printf("%d %d\n", first, made_of(6, over));
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "left") == 0) {
        int failed = 0;
        for (int i = 2; i < argc; i++)
            failed |= leave(argv[i]);
        return failed;
    }
    return argc == 4 && strcmp(argv[1], "hold") == 0 ? hold(argv + 2) : 2;
}
