/* SPDX-License-Identifier: MIT
 *
 * Is a program an interpreter, or does it embed one? Which version, and what can be told of the
 * frames of the language it runs.
 */
#ifndef SHUNT_INTERPRETERS_H
#define SHUNT_INTERPRETERS_H

#include "elf_survey.h"

#include <stdbool.h>

struct interpreter {
    const char *language; /* "Python" */
    char version[16];     /* "3.11"; empty: not known */
    const char *frames;   /* what a report can say of its frames, a sentence */
};

/* Looks at the program at `path` and the names of its libraries. */
bool interpreters_find(struct interpreter *found, const char *path,
                       const struct elf_survey *survey);

/* Which of greenlet, eventlet, gevent that Python could import, as "a, b"; empty: none was found in
 * the usual places. Only looks for files. */
void interpreters_green(const char *path, const struct interpreter *python, char *names,
                        size_t size);

#endif
