/* SPDX-License-Identifier: MIT
 *
 * What is wrong with a policy, each with its place in the file: all of it, not the first only.
 */
#ifndef SHUNT_POLICY_NOTES_H
#define SHUNT_POLICY_NOTES_H

#include "arena.h"

#include <stdbool.h>

/* Both from 1; line 0: the file as a whole. */
struct policy_at {
    int line, column;
};

struct policy_note {
    struct policy_at at;
    bool is_error; /* else a warning: the policy can be used */
    const char *text;
};

#define POLICY_NOTES_MOST 50u /* the rest is only counted */

struct policy_notes {
    struct arena *arena;
    struct policy_note items[POLICY_NOTES_MOST];
    unsigned count;
    unsigned errors, warnings; /* all of them */
};

/* Returns -1. */
int policy_error(struct policy_notes *notes, struct policy_at at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void policy_warn(struct policy_notes *notes, struct policy_at at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* By place. */
void policy_notes_order(struct policy_notes *notes);

#endif
