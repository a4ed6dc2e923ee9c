/* SPDX-License-Identifier: MIT
 *
 * The wrappers of the calls that make children. Their environment is what the exec family gives it
 * (exec.c); libc's own spawns go past every wrapper with environ, to which ours is lent.
 *
 * A child returns from fork on the parent's stack and must count nothing of the parent's call: what
 * its own handlers (pthread_atfork) called has attached it to the trace already. A loan of another
 * thread's ends there.
 */
#include "environment.h"
#include "wrapper.h"

#include <fcntl.h>
#include <pthread.h>

#define FORK(name, params, ...)             \
    WRAPPER(name, pid_t, params)            \
    {                                       \
        struct visit v;                     \
        ENTER(&v, name);                    \
        guard_begin(&v, 0);                 \
        pid_t r = REAL(name)(__VA_ARGS__);  \
        if (r != 0)                         \
            guard_leave(&v, 0, r == -1, r); \
        else                                \
            environment_forget_loan();      \
        return r;                           \
    }

FORK(fork, (void))
FORK(_Fork, (void))
FORK(forkpty, (int *fd, char *name, const struct termios *termios, const struct winsize *size), fd,
     name, termios, size)

/* An action may change the directory in which a relative path begins; which, only libc knows. */
static struct image_facts spawned(struct image_facts image, const char *path,
                                  const posix_spawn_file_actions_t *actions)
{
    if (actions && *path != '/' && image.verdict == IMAGE_NOT_FOUND)
        image.verdict = IMAGE_UNREADABLE;
    return image;
}

/* `look` finds the facts of the image; `real` is the code of the version. */
#define SPAWN(real, name, look)                                                           \
    {                                                                                     \
        struct visit v;                                                                   \
        ENTER(&v, name);                                                                  \
        char *const *env = ENVIRONMENT_WITH_US(envp, spawned(look, path, actions), path); \
        guard_begin(&v, 0);                                                               \
        int r = real(pid, path, actions, attributes, argv, env);                          \
        guard_leave(&v, 0, r != 0, r);                                                    \
        return r;                                                                         \
    }

#define SPAWN_PARAMS                                                           \
    (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions, \
     const posix_spawnattr_t *attributes, char *const *argv, char *const *envp)

/* A version is one word. */
/* clang-format off */
WRAPPER_VERSION(wrap_posix_spawn, posix_spawn, "@@", "GLIBC_2.15", int, SPAWN_PARAMS)
SPAWN(REAL(posix_spawn), posix_spawn, image_check(AT_FDCWD, path))

WRAPPER_VERSION(wrap_old_posix_spawn, posix_spawn, "@", "GLIBC_2.2.5", int, SPAWN_PARAMS)
SPAWN(REAL_OLD(posix_spawn, GLIBC_2.2.5), posix_spawn, image_check(AT_FDCWD, path))

WRAPPER_VERSION(wrap_posix_spawnp, posix_spawnp, "@@", "GLIBC_2.15", int, SPAWN_PARAMS)
SPAWN(REAL(posix_spawnp), posix_spawnp, image_check_search(path))

WRAPPER_VERSION(wrap_old_posix_spawnp, posix_spawnp, "@", "GLIBC_2.2.5", int, SPAWN_PARAMS)
SPAWN(REAL_OLD(posix_spawnp, GLIBC_2.2.5), posix_spawnp, image_check_search(path))
/* clang-format on */

/* ---- libc's own spawns ---- */

static uint32_t lend(void)
{
    static const char shell[] = "/bin/sh";
    if (environment_refused(shell, 0))
        return 0;
    struct image_facts image = image_check(AT_FDCWD, shell);
    return environment_wanted(&image, shell) ? environment_lend() : 0;
}

static void take_back(void *lent)
{
    environment_take_back(*(const uint32_t *)lent);
}

/* A thread that is cancelled meanwhile does not come back. */
#define LEND(name, result, fails, params, ...)          \
    WRAPPER(name, result, params)                       \
    {                                                   \
        struct visit v;                                 \
        result r;                                       \
        ENTER(&v, name);                                \
        uint32_t lent = lend();                         \
        pthread_cleanup_push(take_back, &lent);         \
        guard_begin(&v, 0);                             \
        r = REAL(name)(__VA_ARGS__);                    \
        guard_leave(&v, 0, FAILED_##fails(r), (long)r); \
        pthread_cleanup_pop(1);                         \
        return r;                                       \
    }

LEND(system, int, MINUS_ONE, (const char *command), command)
LEND(popen, FILE *, NULL_POINTER, (const char *command, const char *mode), command, mode)
LEND(wordexp, int, NOTHING, (const char *words, wordexp_t *expanded, int flags), words, expanded,
     flags)
