/* SPDX-License-Identifier: MIT
 *
 * What advise.c goes by, as data: rules about kinds of calls, and programs whose authors offer a
 * setting for what was found.
 */
#ifndef SHUNT_ADVISE_RULES_H
#define SHUNT_ADVISE_RULES_H

#include "report.h"

/* Where a site stands; a rule names those it speaks of. */
enum advise_place {
    PLACE_THREAD,   /* not on a loop */
    PLACE_NO_STALL, /* on a loop, and in no stall */
    PLACE_SMALL,    /* a small part of the loop's stalls */
    PLACE_CALM,     /* on a loop whose stalls do no harm */
    PLACE_SHORT,    /* a part of the stalls, but of many short calls: work, not waiting */
    PLACE_STALL,    /* it stalls the loop by blocking */
    PLACE_PENDING,  /* on a loop: it yields (EAGAIN until success), and takes no part in stalls */
    PLACE_RUNTIME,  /* the green runtime's own */
    PLACE_HUB,      /* it blocks a hub whose turns were not measured; rules of PLACE_STALL hold */
    PLACE_ANY
};

enum { BLOCKS_ANY = -1 };

/* Whose loop a rule speaks of. */
enum advise_on {
    ON_ANY,
    ON_GREEN,  /* a green runtime's hub: while C code waits, other green threads could run */
    ON_ASYNCIO /* coroutines: only code that awaits lets others run */
};

enum advise_goals { FOR_ANY, FOR_UNBLOCK, FOR_THREADS };

struct advise_rule {
    enum advise_goals goal;
    enum advise_on on;
    enum advise_place place;
    bool forks;              /* only calls that copy the process */
    bool unbounded;          /* only calls to a peer that had no time limit */
    int blocks;              /* enum call_blocks, or BLOCKS_ANY */
    const char *target;      /* beginning of the pattern; NULL any */
    enum library_wait waits; /* NONE: any */
    enum verdict verdict;
    const char *headline;
    const char *source; /* what to do in the source; NULL nothing. {offload} and {sleep} stand for
                           what the loop's runtime offers */
    const char *green;  /* how a green runtime could wait for it; NULL: it could not */
    bool worker;        /* ... with a thread of a pool for each call */
    unsigned effort;    /* points of the work in the source */
};

/* Calls that copy the process: their work is the kernel's, and holds up who called. */
bool advise_forks(const char *call);

struct advise_runtime {
    const char *package;
    const char *shown; /* "Eventlet" */
    enum advise_on on;
    const char *offload, *sleep;
};

/* NULL: not known. */
const struct advise_runtime *advise_runtime_of(const char *package);

/* First match wins; the last of each place matches any call. */
extern const struct advise_rule advise_rules[];
extern const unsigned advise_rule_count;

struct advise_setting {
    const char *program;  /* basename of the executable */
    const char *call;     /* NULL any */
    const char *function; /* the owner; NULL any */
    const char *target;   /* what the pattern ends in, where the owner has no name */
    const char *setting;
    const char *cost;
    const char *why;    /* what is known of the program, from its documentation */
    const char *source; /* what to do in the source, better than the rule's */
};

extern const struct advise_setting advise_settings[];
extern const unsigned advise_setting_count;

#endif
