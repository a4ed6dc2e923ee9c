/* SPDX-License-Identifier: MIT
 *
 * The exec and spawn family: children that can take us get our variables back, others are left
 * alone and recorded as gaps. Everything before exec lies on the stack: these run between vfork and
 * exec, and in signal handlers. An environment too large for that is passed on as it is.
 */
#include "exec.h"

#include "environment.h"
#include "trace.h"

#include <alloca.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wordexp.h>

#define EXPORTED __attribute__((visibility("default")))

/* The next definitions, looked up at start: dlsym takes a lock that a fork child may find held. */
static struct {
    __typeof__(&execve) execve;
    __typeof__(&execvpe) execvpe;
    __typeof__(&fexecve) fexecve;
    __typeof__(&execveat) execveat;
    __typeof__(&posix_spawn) posix_spawn;
    __typeof__(&posix_spawnp) posix_spawnp;
    __typeof__(&system) system;
    __typeof__(&popen) popen;
    __typeof__(&wordexp) wordexp;
} next;

static void *next_find(void **where, const char *name)
{
    if (!*where)
        *where = dlsym(RTLD_NEXT, name);
    return *where;
}

#define NEXT(name) ((__typeof__(next.name))next_find((void **)&next.name, #name))

void exec_start(void)
{
    (void)NEXT(execve);
    (void)NEXT(execvpe);
    (void)NEXT(fexecve);
    (void)NEXT(execveat);
    (void)NEXT(posix_spawn);
    (void)NEXT(posix_spawnp);
    (void)NEXT(system);
    (void)NEXT(popen);
    (void)NEXT(wordexp);
}

/* The environment for a child with this image (an expression, which is not evaluated where nobody
 * may look): `env`, or in this function's frame a copy with our variables. */
#define WITH_US(env, look, path)                                                      \
    ({                                                                                \
        char *const *given = (env);                                                   \
        size_t room = environment_room(given);                                        \
        size_t bytes = room * sizeof(char *) + environment_text(given);               \
        if (environment_is_lent(given))                                               \
            given = environment_own(given, alloca(room * sizeof(char *)));            \
        char *const *chosen = given;                                                  \
        if (!environment_refused(path, bytes)) {                                      \
            struct image_facts image = look;                                          \
            if (environment_wanted(&image, path)) {                                   \
                char **with = alloca(bytes);                                          \
                chosen = environment_add(given, &image, with, (char *)(with + room)); \
            }                                                                         \
        }                                                                             \
        chosen;                                                                       \
    })

static int exec_path(const char *path, char *const argv[], char *const envp[])
{
    char *const *env = WITH_US(envp, image_check(AT_FDCWD, path), path);
    return NEXT(execve)(path, argv, env);
}

static int exec_search(const char *file, char *const argv[], char *const envp[])
{
    char *const *env = WITH_US(envp, image_check_search(file), file);
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
    char *const *env = WITH_US(envp, image_check(AT_FDCWD, path), path);
    return NEXT(fexecve)(fd, argv, env);
}

EXPORTED int execveat(int directory, const char *path, char *const argv[], char *const envp[],
                      int flags)
{
    if (flags & AT_EMPTY_PATH && !*path) {
        char self[32];
        snprintf(self, sizeof self, "/proc/self/fd/%d", directory);
        char *const *env = WITH_US(envp, image_check(AT_FDCWD, self), self);
        return NEXT(execveat)(directory, path, argv, env, flags);
    }
    char *const *env = WITH_US(envp, image_check(directory, path), path);
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

/* An action may change the directory in which a relative path begins; which, only libc knows. */
static struct image_facts spawned(struct image_facts image, const char *path,
                                  const posix_spawn_file_actions_t *actions)
{
    if (actions && *path != '/' && image.verdict == IMAGE_NOT_FOUND)
        image.verdict = IMAGE_UNREADABLE;
    return image;
}

EXPORTED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                         const posix_spawnattr_t *attributes, char *const argv[],
                         char *const envp[])
{
    char *const *env = WITH_US(envp, spawned(image_check(AT_FDCWD, path), path, actions), path);
    return NEXT(posix_spawn)(pid, path, actions, attributes, argv, env);
}

EXPORTED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const argv[],
                          char *const envp[])
{
    char *const *env = WITH_US(envp, spawned(image_check_search(file), file, actions), file);
    return NEXT(posix_spawnp)(pid, file, actions, attributes, argv, env);
}

/* ---- libc's own spawns: /bin/sh with environ, past every wrapper ---- */

static int lend(void)
{
    static const char shell[] = "/bin/sh";
    if (environment_refused(shell, 0))
        return 0;
    struct image_facts image = image_check(AT_FDCWD, shell);
    return environment_wanted(&image, shell) && environment_lend();
}

EXPORTED int system(const char *command)
{
    int lent = lend();
    int result = NEXT(system)(command);
    if (lent)
        environment_take_back();
    return result;
}

EXPORTED FILE *popen(const char *command, const char *mode)
{
    int lent = lend();
    FILE *result = NEXT(popen)(command, mode);
    if (lent)
        environment_take_back();
    return result;
}

EXPORTED int wordexp(const char *words, wordexp_t *expanded, int flags)
{
    int lent = lend();
    int result = NEXT(wordexp)(words, expanded, flags);
    if (lent)
        environment_take_back();
    return result;
}
