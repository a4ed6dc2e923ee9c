/* SPDX-License-Identifier: MIT
 *
 * The program replaces itself, or starts itself, by every way there is, with its own or an empty
 * environment: each image is counted in a trace of its own and sees the environment it was given.
 *
 *   images_replaced execv | execve | execl | execle | execlp | execvp | execvpe | fexecve |
 *                   execveat | posix_spawn | posix_spawnp | system | popen | fork
 *   images_replaced second        what it starts
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

extern char **environ;

static char self[256];
static char second[] = "second";
static char *arguments[] = {self, second, NULL};
static char *empty[] = {NULL};

static void read_times(int times)
{
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < times; i++)
        truth_check(read(zero, &byte, 1) == 1);
    close(zero);
}

static int replace(const char *way)
{
    int fd = open(self, O_RDONLY | O_CLOEXEC);
    if (!strcmp(way, "execv"))
        return execv(self, arguments);
    if (!strcmp(way, "execve"))
        return execve(self, arguments, empty);
    if (!strcmp(way, "execl"))
        return execl(self, self, second, (char *)NULL);
    if (!strcmp(way, "execle"))
        return execle(self, self, second, (char *)NULL, empty);
    if (!strcmp(way, "execlp"))
        return execlp(self, self, second, (char *)NULL);
    if (!strcmp(way, "execvp"))
        return execvp(self, arguments);
    if (!strcmp(way, "execvpe"))
        return execvpe(self, arguments, empty);
    if (!strcmp(way, "fexecve"))
        return fexecve(fd, arguments, empty);
    return execveat(AT_FDCWD, self, arguments, environ, 0);
}

static void await(pid_t child)
{
    int status = -1;
    truth_check(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void by_popen(const char *command)
{
    char line[256];
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe))
        fputs(line, stdout);
    truth_check(pipe && pclose(pipe) == 0);
}

/* 1 if this way starts another process. */
static int start(const char *way)
{
    char command[300];
    pid_t child = -1;
    snprintf(command, sizeof command, "exec %s second", self);
    if (!strcmp(way, "posix_spawn")) {
        truth_check(posix_spawn(&child, self, NULL, NULL, arguments, empty) == 0);
        await(child);
    } else if (!strcmp(way, "posix_spawnp")) {
        truth_check(posix_spawnp(&child, self, NULL, NULL, arguments, environ) == 0);
        await(child);
    } else if (!strcmp(way, "system")) {
        truth_check(system(command) == 0);
    } else if (!strcmp(way, "popen")) {
        by_popen(command);
    } else if (!strcmp(way, "fork")) {
        child = fork();
        if (child == 0)
            _exit(execv(self, arguments));
        await(child);
    } else {
        return 0;
    }
    return 1;
}

/* The sh of system and popen leaves a trace as well. */
static void tell(const char *way)
{
    int by_shell = !strcmp(way, "system") || !strcmp(way, "popen");
    truth_expect("calls read >= 30");
    truth_expect("traces == %d", by_shell ? 3 : 2);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "execv";
    if (!strcmp(way, "second")) {
        read_times(20);
        for (char **entry = environ; *entry; entry++)
            printf("%.*s\n", (int)strcspn(*entry, "="), *entry);
        return 0;
    }
    truth_check(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    read_times(10);
    tell(way);
    if (start(way))
        return 0;
    replace(way);
    printf("wrong: %s\n", strerrorname_np(errno));
    return 1;
}
