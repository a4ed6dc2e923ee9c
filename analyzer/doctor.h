/* SPDX-License-Identifier: MIT
 *
 * What stands behind `shunt doctor`: finds the program, gathers what is known of it, and judges.
 */
#ifndef SHUNT_DOCTOR_H
#define SHUNT_DOCTOR_H

#include "error.h"
#include "findings.h"

#include <stdio.h>

struct doctor_verdict {
    bool observable;
    char text[512]; /* a sentence */
    char next[512]; /* what to type or do */
};

/* `command` is a file, a name in PATH, or the number of a process. Runs nothing. 0, or -1 with a
 * sentence. */
int doctor_examine(struct examined *examined, const char *command, struct error *error);

struct doctor_verdict doctor_judge(const struct examined *examined);

/* All of it as shunt.doctor/1. */
void doctor_json(const struct examined *examined, FILE *out);

#endif
