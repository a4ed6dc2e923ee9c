/* SPDX-License-Identifier: MIT
 *
 * The program sees the environment that it would have without us: LD_PRELOAD and SHUNT_* are taken
 * out at start and put back only for images that can take us.
 */
#ifndef SHUNT_ENVIRONMENT_H
#define SHUNT_ENVIRONMENT_H

#include "image.h"
#include "trace.h"

#include <alloca.h>
#include <stddef.h>

/* Takes our variables out of environ. Constructor only, after they were read. */
void environment_hide(void);

/* Pointers an environment needs with our variables added, terminator included. */
size_t environment_room(char *const *env);

/* Writes `env` with our variables into `with` (of environment_room) and returns it; `text` receives
 * a composed LD_PRELOAD and has environment_text(env) bytes. */
char *const *environment_add(char *const *env, char **with, char *text);
size_t environment_text(char *const *env);

/* 1 if a child image with this verdict should get our variables; else the gap is recorded. */
int environment_wanted(enum image_verdict verdict, const char *path);

/* The environment for a child: `env`, or in the calling function's frame a copy with our variables:
 * this runs between vfork and exec, and in signal handlers. One that is too large for a stack is
 * passed on as it is. */
enum { ENVIRONMENT_MOST = 64 << 10 };

#define ENVIRONMENT_WITH_US(env, verdict, path)                                             \
    ({                                                                                      \
        char *const *given = (env);                                                         \
        size_t room = environment_room(given);                                              \
        size_t bytes = room * sizeof(char *) + environment_text(given);                     \
        char *const *chosen = given;                                                        \
        if (trace_file && bytes <= ENVIRONMENT_MOST && environment_wanted(verdict, path)) { \
            char **with = alloca(bytes);                                                    \
            chosen = environment_add(given, with, (char *)(with + room));                   \
        }                                                                                   \
        chosen;                                                                             \
    })

/* For libc functions that spawn with environ: lends it our variables, and takes them back if `lent`
 * says that this caller lent them. A second thread's call meanwhile finds them lent, and ends with
 * the first's loan or later. */
int environment_lend(void);
void environment_take_back(int lent);

#endif
