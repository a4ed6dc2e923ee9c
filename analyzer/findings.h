/* SPDX-License-Identifier: MIT
 *
 * What `shunt doctor` has to say of a program: one sentence a finding, what it means for a report,
 * and what can be done. A table of rules; none of them runs anything.
 */
#ifndef SHUNT_FINDINGS_H
#define SHUNT_FINDINGS_H

#include "elf_facts.h"
#include "elf_survey.h"
#include "interpreters.h"

/* All that was found out about the program. */
struct examined {
    const char *command; /* as it was given */
    char path[PATH_MAX]; /* where it was found */
    bool through_env;    /* a script whose #! line names /usr/bin/env */
    int pid;             /* it was given as a running process; 0: not */
    bool carries;        /* that carries the library already */
    struct elf_facts facts;
    struct elf_survey survey;
    bool interprets;
    struct interpreter interpreter;
    char green[64];       /* packages for green threads that its Python could import */
    char package[128];    /* Debian's; empty: not known */
    const char *preload;  /* LD_PRELOAD as it is set here; NULL */
    bool preload_for_all; /* /etc/ld.so.preload names something */
};

enum weight {
    WEIGHT_NOTE, /* good to know */
    WEIGHT_PART  /* a part of what it does will not be seen, or not be named */
};

struct finding {
    const char *id;
    enum weight weight;
    char text[512];
    const char *todo; /* NULL: nothing */
};

#define FINDINGS_MOST 24u

/* Fills what holds, the weightier first. Returns how many. */
unsigned findings_fill(struct finding *findings, const struct examined *examined);

#endif
