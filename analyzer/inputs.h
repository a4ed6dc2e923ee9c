/* SPDX-License-Identifier: MIT
 *
 * Which trace files a report is about: those given, those in the directories given, or the newest
 * directory that `shunt run` left here.
 */
#ifndef SHUNT_INPUTS_H
#define SHUNT_INPUTS_H

#include "arena.h"
#include "error.h"

struct input {
    const char *path;
    const char *directory; /* it lies in */
};

struct inputs {
    struct input *items; /* by name */
    unsigned count;
};

/* 0, or -1 with a sentence. */
int inputs_find(struct arena *arena, const char *const *paths, unsigned count,
                struct inputs *inputs, struct error *error);

/* The newest directory here whose name begins with shunt.out; NULL with a sentence. */
const char *inputs_newest(struct arena *arena, struct error *error);

#endif
