/* SPDX-License-Identifier: MIT
 *
 * The exec family, which is not measured: images that can take us get our variables back, others
 * are left alone and recorded as gaps. These run between vfork and exec, and in signal handlers.
 */
#include "exec.h"

#include "environment.h"
#include "lookup.h"

#include <alloca.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* The next definitions, looked up at start: that takes a lock that a fork child may find held. */
static struct {
    __typeof__(&execve) execve;
    __typeof__(&execvpe) execvpe;
    __typeof__(&fexecve) fexecve;
    __typeof__(&execveat) execveat;
} next;

#define NEXT(name) ((__typeof__(next.name))lookup_next_once((void **)&next.name, #name))

void exec_start(void)
{
    (void)NEXT(execve);
    (void)NEXT(execvpe);
    (void)NEXT(fexecve);
    (void)NEXT(execveat);
}

static int exec_path(const char *path, char *const argv[], char *const envp[])
{
    char *const *env = ENVIRONMENT_WITH_US(envp, image_check(AT_FDCWD, path), path);
    return NEXT(execve)(path, argv, env);
}

static int exec_search(const char *file, char *const argv[], char *const envp[])
{
    char *const *env = ENVIRONMENT_WITH_US(envp, image_check_search(file), file);
    return NEXT(execvpe)(file, argv, env);
}

EXPORTED int execve(const char *path, char *const argv[], char *const envp[])
{
    return exec_path(path, argv, envp);
}

EXPORTED int execv(const char *path, char *const argv[])
{
    return exec_path(path, argv, environ);
}

EXPORTED int execvpe(const char *file, char *const argv[], char *const envp[])
{
    return exec_search(file, argv, envp);
}

EXPORTED int execvp(const char *file, char *const argv[])
{
    return exec_search(file, argv, environ);
}

EXPORTED int fexecve(int fd, char *const argv[], char *const envp[])
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    char *const *env = ENVIRONMENT_WITH_US(envp, image_check(AT_FDCWD, path), path);
    return NEXT(fexecve)(fd, argv, env);
}

EXPORTED int execveat(int directory, const char *path, char *const argv[], char *const envp[],
                      int flags)
{
    if (flags & AT_EMPTY_PATH && !*path) {
        char self[32];
        snprintf(self, sizeof self, "/proc/self/fd/%d", directory);
        char *const *env = ENVIRONMENT_WITH_US(envp, image_check(AT_FDCWD, self), self);
        return NEXT(execveat)(directory, path, argv, env, flags);
    }
    char *const *env = ENVIRONMENT_WITH_US(envp, image_check(directory, path), path);
    return NEXT(execveat)(directory, path, argv, env, flags);
}

/* The arguments of execl and its like, terminator included, counted and copied; `list` begins
 * behind `first`. */
static size_t list_count(const char *first, va_list list)
{
    size_t n = 1;
    while (first) {
        first = va_arg(list, const char *);
        n++;
    }
    return n;
}

static void list_copy(char **argv, const char *first, va_list *list)
{
    while ((*argv++ = (char *)first))
        first = va_arg(*list, const char *);
}

/* Declares `argv` and fills it; `list` is left behind the terminator, where execle has its
 * environment. */
#define ARGUMENTS(argv, list, first)                              \
    va_list list;                                                 \
    va_start(list, first);                                        \
    char **argv = alloca(list_count(first, list) * sizeof *argv); \
    va_end(list);                                                 \
    va_start(list, first);                                        \
    list_copy(argv, first, &list);

EXPORTED int execl(const char *path, const char *first, ...)
{
    ARGUMENTS(argv, list, first)
    va_end(list);
    return exec_path(path, argv, environ);
}

EXPORTED int execle(const char *path, const char *first, ...)
{
    ARGUMENTS(argv, list, first)
    char *const *envp = va_arg(list, char *const *);
    va_end(list);
    return exec_path(path, argv, envp);
}

EXPORTED int execlp(const char *file, const char *first, ...)
{
    ARGUMENTS(argv, list, first)
    va_end(list);
    return exec_search(file, argv, environ);
}
