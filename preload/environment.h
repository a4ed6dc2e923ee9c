/* SPDX-License-Identifier: MIT
 *
 * The program sees the environment that it would have without us: LD_PRELOAD and SHUNT_* are taken
 * out at start and put back only for images that can take us.
 */
#ifndef SHUNT_ENVIRONMENT_H
#define SHUNT_ENVIRONMENT_H

#include "image.h"

#include <alloca.h>
#include <stddef.h>
#include <stdint.h>

/* Takes our variables out of environ. Constructor only, after they were read. */
void environment_hide(void);

/* Pointers an environment needs with our variables added, terminator included. */
size_t environment_room(char *const *env);

/* Writes `env` with our variables into `with` (of environment_room) and returns it; `text` receives
 * what has to be composed and has environment_text(env) bytes. `image` may be NULL. */
char *const *environment_add(char *const *env, const struct image_facts *image, char **with,
                             char *text);
size_t environment_text(char *const *env);

/* 1 if a child with this image should get our variables; else the gap is recorded. */
int environment_wanted(const struct image_facts *image, const char *path);

/* 1 if the child cannot get our variables, whatever its image: there is no trace; `bytes` are too
 * many for a stack; a filter of the program's may punish the look at the image, or the child's
 * start. The gap is recorded. */
int environment_refused(const char *path, size_t bytes);

/* Is this the lent environment, as another thread may meet it? What it is without the loan is
 * written into `own` (of environment_room) and returned. */
int environment_is_lent(char *const *env);
char *const *environment_own(char *const *env, char **own);

/* The environment for a child: `env`, or in the calling function's frame a copy with our variables:
 * this runs between vfork and exec, and in signal handlers. `look`, the facts of the child's image,
 * is an expression that is not evaluated where nobody may look. */
#define ENVIRONMENT_WITH_US(env, look, path)                                          \
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

/* For libc functions that spawn with environ: lends it our variables until as many have taken it
 * back. Not 0 if so; what it said is said again when it is taken back. */
uint32_t environment_lend(void);
void environment_take_back(uint32_t lent);

/* In a fork child: who had a loan in the parent is not there to take it back. One that a handler
 * made in the midst of a lent call does so in vain. */
void environment_forget_loan(void);

#endif
